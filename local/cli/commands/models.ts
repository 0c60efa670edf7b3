import { resolve } from 'node:path'
import type { Command } from 'commander'
import { givenInstant } from '../../../core/data/given-instant.ts'
import { formatInstant } from '../../../core/data/time.ts'
import { TributaryError } from '../../../core/errors.ts'
import type { Model } from '../../../core/models/model.ts'
import { typeName } from '../../../core/models/value-types.ts'
import { loadPipeline } from '../../../drivers/pipeline/folder.ts'
import { readSettings } from '../../settings.ts'
import type { Connection } from '../client.ts'
import { type Environment, print, printTable } from '../environment.ts'
import { startRun } from './runs.ts'

type Folder = { readonly pipeline?: string; readonly json?: boolean }

async function modelsOf(environment: Environment, { pipeline }: Folder): Promise<readonly Model[]> {
  const folder = pipeline === undefined ? readSettings(environment.variables).pipeline : resolve(pipeline)
  return (await loadPipeline(folder)).models
}

/** `tributary models list`: each after those that it reads. It asks no platform. */
export async function listModels(environment: Environment, flags: Folder): Promise<void> {
  const models = await modelsOf(environment, flags)
  const told = models.map(({ name, header, reads, columns }) => ({
    ...{ name, kind: header.kind, reads },
    columns: columns.map(column => ({ name: column.name, type: typeName(column) })),
  }))
  if (flags.json) return print(environment, JSON.stringify(told))
  printTable(environment, [
    ['model', 'kind', 'reads'],
    ...told.map(({ name, kind, reads }) => [name, kind, reads.join(', ')]),
  ])
}

/** `tributary models lineage <name>`: what each of its columns is made of. */
export async function showLineage(environment: Environment, name: string, flags: Folder): Promise<void> {
  const models = await modelsOf(environment, flags)
  const model = models.find(each => each.name === name)
  if (model === undefined)
    throw new TributaryError(
      'invalid_setting',
      `there is no model "${name}"; there are ${models.map(each => each.name).join(', ') || 'none'}`,
    )
  const lineage = [...model.lineage]
  if (flags.json) return print(environment, JSON.stringify(Object.fromEntries(lineage)))
  printTable(environment, [
    ['column', 'is made of'],
    ...lineage.map(([column, from]) => [column, from.join(', ')]),
  ])
}

/** `tributary models restate <names…>`: a batch that makes models again, all of them or since an instant. */
export async function restateModels(
  environment: Environment,
  names: readonly string[],
  { from, ...flags }: Connection & { readonly from?: string; readonly follow?: boolean },
): Promise<void> {
  const since = from === undefined ? undefined : givenInstant(from)
  if (from !== undefined && since === undefined)
    throw new TributaryError(
      'invalid_setting',
      `--from "${from}" is not possible; give 2026-01-31 or an instant`,
    )
  const input = { restate: names, ...(since !== undefined && { restateFrom: formatInstant(since) }) }
  return startRun(environment, 'batch', input, flags)
}

type Remote = (parent: Command, usage: string, description: string) => Command
type Bind = <A extends unknown[]>(
  run: (environment: Environment, ...args: A) => Promise<void>,
) => (...args: A) => Promise<void>

/** The commands `tributary models …`. */
export function addModels(program: Command, remote: Remote, bind: Bind): void {
  const models = program.command('models').description('tables made by SQL')
  const local = (usage: string, description: string) =>
    models
      .command(usage)
      .description(description)
      .option('--pipeline <folder>', 'folder of the declarations (TRIBUTARY_PIPELINE)')
      .option('--json', 'answer as JSON')
  local('list', 'list them, each after those that it reads').action(bind(listModels))
  local('lineage <name>', 'what each of its columns is made of').action(bind(showLineage))
  remote(models, 'restate <names...>', 'start a batch that makes them again')
    .option('--from <instant>', 'incremental ones since this; all of them where it is not given')
    .option('--follow', 'stay until it ends, and fail when it does')
    .action(bind(restateModels))
}
