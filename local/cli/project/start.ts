import { resolve } from 'node:path'
import { readSettings } from '../../settings.ts'
import type { Environment } from '../environment.ts'
import { watchPipeline } from './watching/watch-pipeline.ts'

export type StartFlags = { readonly pipeline?: string; readonly watch?: boolean }

/** `tributary start`: the platform itself, in this process, until it is told to end. */
export async function start(environment: Environment, { pipeline, watch }: StartFlags): Promise<void> {
  const variables = {
    ...environment.variables,
    ...(pipeline !== undefined && { TRIBUTARY_PIPELINE: resolve(pipeline) }),
  }
  if (watch) return watchPipeline(environment, readSettings(variables).pipeline)
  // Whoever has started it to watch over it is gone.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  const { runPlatform } = await import('../../run-platform.ts')
  await runPlatform(variables)
}
