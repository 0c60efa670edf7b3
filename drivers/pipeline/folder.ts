import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ContractDeclaration, defineContract } from '../../core/declare/contract.ts'
import type { MetricDeclaration } from '../../core/declare/metric.ts'
import { compilePipeline, type Declared, type Pipeline } from '../../core/declare/pipeline.ts'
import type { ScheduleDeclaration } from '../../core/declare/schedule.ts'
import { TributaryError } from '../../core/errors.ts'

/** What `compilePipeline` takes. */
export type Declarations = Parameters<typeof compilePipeline>[0]

/**
 * Loads the folder a user edits: the default exports of `contracts/`, `metrics/` and `schedules/` (TypeScript), and
 * contracts as plain JSON files with the same keys.
 *
 * @throws TributaryError `invalid_declaration` naming file, field and remedy
 */
export async function loadPipeline(folder: string): Promise<Pipeline> {
  return compilePipeline(await loadDeclarations(folder))
}

/** The declarations of the folder, each with its file, not yet checked against each other. */
export async function loadDeclarations(folder: string): Promise<Declarations> {
  return {
    contracts: await loadAll<ContractDeclaration>(folder, 'contracts', defineContract),
    metrics: await loadAll<MetricDeclaration>(folder, 'metrics'),
    schedules: await loadAll<ScheduleDeclaration>(folder, 'schedules'),
  }
}

async function loadAll<T>(
  folder: string,
  kind: string,
  define?: (json: T) => T,
): Promise<readonly Declared<T>[]> {
  const directory = join(folder, kind)
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new TributaryError(
      'invalid_declaration',
      `${directory}: cannot be read; a pipeline has this folder`,
      { cause },
    )
  })
  const wanted = names
    .filter(name => name.endsWith('.ts') || (define !== undefined && name.endsWith('.json')))
    .sort()
  return Promise.all(wanted.map(name => loadOne(join(directory, name), folder, define)))
}

async function loadOne<T>(path: string, folder: string, define?: (json: T) => T): Promise<Declared<T>> {
  const file = relative(join(folder, '..'), path)
  try {
    const declaration = path.endsWith('.json')
      ? define!(JSON.parse(await readFile(path, 'utf8')) as T)
      : ((await import(pathToFileURL(path).href)) as { default?: T }).default
    if (declaration === undefined)
      throw new Error('it has no default export; write `export default define…({ … })`')
    return { file, declaration }
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new TributaryError('invalid_declaration', `${file}: ${problem}`, { cause })
  }
}
