import { tallyId } from '../../core/cells/tally.ts'
import { boundaryIds } from '../../core/declare/boundary-ids.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import type { CountedSince } from '../../core/ports/counted-since.ts'
import type { BatchViews } from '../../core/ports/views.ts'
import type { Floors } from './open-epochs.ts'

export type FloorPorts = {
  readonly pipeline: Pipeline
  readonly batch: Pick<BatchViews, 'boundary'>
  readonly countedSince: Pick<CountedSince, 'list'>
  /** ms. */
  readonly epochLength: number
}

/**
 * By id: the last epoch of which the real-time views need nothing; −∞ where they need all.
 *
 * What a boundary has passed the batch views hold. Of a metric that has none yet, or an old one, the batch
 * layer computes what its type was published through from curated data, however many epochs that are;
 * real-time views had them only where the metric was counted then and has been held since.
 */
export async function floorsOf(
  { pipeline, batch, countedSince, epochLength }: FloorPorts,
  ids: ReadonlySet<string>,
): Promise<Floors> {
  const since = await countedSince.list()
  const typeOf = new Map(pipeline.metrics.map(({ id, type }) => [id, type]))
  const through = async (id: string) => (await batch.boundary(id))?.epoch ?? -Infinity
  const floorOf = async (id: string): Promise<number> => {
    const type = typeOf.get(id)
    const own = await through(id)
    if (type === undefined) return own
    const uncounted = (since.get(id) ?? Infinity) - epochLength
    return Math.max(own, Math.min(await through(tallyId(type)), uncounted))
  }
  return new Map(await Promise.all([...ids].map(async id => [id, await floorOf(id)] as const)))
}

/**
 * Names of metrics and types of which the real-time views lack epochs that no boundary has passed: declared
 * while events came in. A replay of them fills what is missing.
 */
export async function uncounted(ports: FloorPorts): Promise<readonly string[]> {
  const { pipeline, countedSince, epochLength } = ports
  const since = await countedSince.list()
  const floors = await floorsOf(ports, new Set(boundaryIds(pipeline)))
  const lacks = (id: string) => {
    const whole = since.get(id)
    return whole !== undefined && whole > 0 && whole - epochLength > (floors.get(id) ?? -Infinity)
  }
  const types = [...pipeline.latest.keys()].filter(type => lacks(tallyId(type)))
  const metrics = pipeline.metrics.filter(({ id, type }) => lacks(id) && !types.includes(type))
  return [...types, ...metrics.map(({ name }) => name)]
}
