import { afterAll, beforeAll, vi } from 'vitest'

/**
 * Files of tests share the processes that run them, so each gives back what is the process's: a platform that
 * starts in it takes rights of new files from everybody else, which PostgreSQL could not read any more.
 */
let umask: number
let environment: NodeJS.ProcessEnv

beforeAll(() => {
  umask = process.umask()
  environment = { ...process.env }
})

afterAll(() => {
  process.umask(umask)
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name]
  Object.assign(process.env, environment)
})
