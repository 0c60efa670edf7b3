import { TributaryError } from '../../../core/errors.ts'
import type { Boundary } from '../../../core/ports/views.ts'
import { putIf, updateIf } from '../../aws/dynamodb/items.ts'
import { queryAll } from '../../aws/dynamodb/query.ts'
import { type Access, type Attributes, type Key, keyAttributes } from '../../aws/dynamodb/table.ts'

/** First and last window a metric has partials in, so that open ranges can be looked up like closed ones. */
export type Windows = { readonly first: number; readonly last: number }

/** What is known of a metric as a whole. */
export type MetricState = { readonly boundary: Boundary | undefined; readonly windows: Windows | undefined }

export async function readState(access: Access, metric: string): Promise<MetricState> {
  const found = await queryAll(access, { pk: statePk(metric), from: 'boundary', to: 'windows' })
  const items = new Map(found.map(item => [item['sk']!.S!, item]))
  const [boundary, windows] = [items.get('boundary'), items.get('windows')]
  return { boundary: boundary && boundaryOf(boundary), windows: windows && windowsOf(windows) }
}

/** Stores a boundary, unless a later generation is committed. */
export async function putBoundary(access: Access, metric: string, boundary: Boundary): Promise<void> {
  const item = {
    ...keyAttributes(stateKey(metric, 'boundary')),
    ...{ epoch: { N: String(boundary.epoch) }, generation: { N: String(boundary.generation) } },
    ...{ run: { S: boundary.run }, movedAt: { N: String(boundary.movedAt) } },
  }
  const condition = {
    text: 'attribute_not_exists(pk) OR generation <= :generation',
    values: { ':generation': { N: String(boundary.generation) } },
  }
  const { held } = await putIf(access, item, condition, 'move a boundary in')
  if (!held) throw new TributaryError('conflict', `a later generation of ${metric} is committed already`)
}

/** Makes the windows known reach over these too. */
export async function widenWindows(
  access: Access,
  metric: string,
  known: Windows | undefined,
  { first, last }: Windows,
): Promise<void> {
  if (known === undefined || first < known.first) await move(access, metric, 'first', '>', first)
  if (known === undefined || last > known.last) await move(access, metric, 'last', '<', last)
}

/** Only ever outwards, whoever else moves it: where it is as far out already, all is well. */
async function move(
  access: Access,
  metric: string,
  name: 'first' | 'last',
  than: '<' | '>',
  value: number,
): Promise<void> {
  const update = {
    text: 'SET #name = :value',
    names: { '#name': name },
    values: { ':value': { N: String(value) } },
  }
  const condition = { text: `attribute_not_exists(#name) OR #name ${than} :value` }
  await updateIf(access, stateKey(metric, 'windows'), update, condition, 'widen the windows in')
}

function statePk(metric: string): string {
  return `${metric}|state`
}

function stateKey(metric: string, sk: 'boundary' | 'windows'): Key {
  return { pk: statePk(metric), sk }
}

function boundaryOf(item: Attributes): Boundary {
  const number = (name: string) => Number(item[name]!.N)
  return {
    ...{ epoch: number('epoch'), generation: number('generation') },
    ...{ run: item['run']!.S!, movedAt: number('movedAt') },
  }
}

/** Undefined while only one of the two is known. */
function windowsOf(item: Attributes): Windows | undefined {
  const [first, last] = [item['first']?.N, item['last']?.N]
  return first === undefined || last === undefined ? undefined : { first: Number(first), last: Number(last) }
}
