import { resolve } from 'node:path'
import type { Environment } from '../environment.ts'

export type StartFlags = { readonly pipeline?: string; readonly watch?: boolean }

/** `tributary start`: the platform itself, in this process, until it is told to end. */
export async function start({ variables }: Environment, { pipeline }: StartFlags): Promise<void> {
  const { runPlatform } = await import('../../run-platform.ts')
  await runPlatform({
    ...variables,
    ...(pipeline !== undefined && { TRIBUTARY_PIPELINE: resolve(pipeline) }),
  })
}
