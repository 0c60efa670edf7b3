import { vi } from 'vitest'

/** Told before each step that lasts: a change of a file or folder, a write into an engine. */
let onStep: (what: string) => void = () => undefined

/** Runs work with `told` called before each of its durable steps, which may throw. */
export async function withSteps<T>(told: (what: string) => void, work: () => Promise<T>): Promise<T> {
  onStep = told
  try {
    return await work()
  } finally {
    onStep = () => undefined
  }
}

type Methods = Readonly<Record<string, unknown>>

/** The same methods, some of them with a step before each call. */
export function stepping<T extends object>(target: T, names: readonly (keyof T & string)[]): T {
  const wrapped = names.map(name => {
    const method = (target as Methods)[name] as (...given: unknown[]) => unknown
    const call = async (...given: unknown[]) => {
      onStep(`${name} ${typeof given[0] === 'string' ? given[0] : ''}`)
      return method.apply(target, given)
    }
    return [name, call] as const
  })
  return Object.assign(Object.create(target), target, Object.fromEntries(wrapped)) as T
}

/** The files and engines of a module's mocks, each step of which is told. */
export const steppingFiles = async () => {
  const files = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises')
  return stepping(files, ['rename', 'rm', 'writeFile', 'appendFile', 'truncate', 'mkdir'])
}

export const steppingEngines = async () => {
  const path = '../../drivers/compose/embedded.ts'
  const engines = await vi.importActual<typeof import('../../drivers/compose/embedded.ts')>(path)
  const { openBatchViews, openLaneEngines, openMarkers } = engines
  return {
    ...engines,
    openBatchViews: (...given: Parameters<typeof openBatchViews>) =>
      stepping(openBatchViews(...given), ['write', 'moveBoundary']),
    openLaneEngines: (...given: Parameters<typeof openLaneEngines>) => {
      const lane = openLaneEngines(...given)
      return { ...lane, checkpoint: stepping(lane.checkpoint, ['save']) }
    },
    openMarkers: async (...given: Parameters<typeof openMarkers>) => {
      const table = await openMarkers(...given)
      const told = (name: string) => onStep(name)
      return new Proxy(table, {
        get(target, name) {
          const value = Reflect.get(target, name, target) as unknown
          if (typeof value !== 'function') return value
          if (name === 'claim' || name === 'close') told(`markers ${name}`)
          return value.bind(target) as unknown
        },
      })
    },
  }
}
