import { tallyId } from '../../core/cells/tally.ts'
import { floorTo, formatInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import { rawOfType } from '../../core/lake/lake-paths.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { StreamReader } from '../../core/ports/stream/stream-reader.ts'
import { epochsIn, lowest } from '../batch/lookup.ts'
import { type FloorPorts, floorsOf } from './floors.ts'

export type ReplayRangePorts = FloorPorts & {
  readonly ledger: Pick<Ledger, 'epochs'>
  readonly lake: Pick<LakeFolder, 'folders'>
  readonly reader: Pick<StreamReader, 'keptSince'>
  /** Epochs in which an event's id is remembered. */
  readonly horizon: number
  /**
   * How long markers can be read past their horizon, ms: what the store keeps them for beyond the time they
   * hold.
   */
  readonly markersLag: number
  /** ms since 1970. */
  readonly now: () => number
}

/** The stream's oldest records go while they are being read, ms. */
const RETENTION_MARGIN_MS = 1_200_000

/**
 * Where a replay of the stream begins: the oldest epoch that the real-time views of something need, or, where
 * nothing older is known to be, as far back as the stream reaches.
 *
 * @param ids of the metrics and tallies that are rebuilt
 * @throws TributaryError `conflict` when the stream, or the markers that judge its events, do not reach back
 * to that epoch
 */
export async function firstEpoch(ports: ReplayRangePorts, ids: ReadonlySet<string>): Promise<number> {
  const { epochLength, now } = ports
  const floor = Math.min(...(await floorsOf(ports, ids)).values())
  const lowest = floor < 0 ? undefined : floor
  const readable = Math.ceil((await readableSince(ports)) / epochLength) * epochLength
  if (lowest !== undefined && lowest + epochLength >= readable)
    return Math.min(lowest + epochLength, floorTo(now(), epochLength))
  const oldest = await oldestWithData(ports, lowest)
  if (oldest !== undefined && oldest < readable)
    throw new TributaryError(
      'conflict',
      `epoch ${formatInstant(oldest)} is not published, and the stream can be replayed from ${formatInstant(readable)} on only: ` +
        'run the batch machine first, then replay',
    )
  return readable
}

/** From when on the records are in the stream, and the markers that judge them in their place. */
async function readableSince(ports: ReplayRangePorts): Promise<number> {
  const { reader, epochLength, horizon, markersLag, now } = ports
  const judged = Math.min(horizon * epochLength, markersLag)
  return Math.max((await reader.keptSince()) + RETENTION_MARGIN_MS, now() - judged)
}

/** The oldest epoch after a boundary (undefined: of all) of which ingest or the raw lake has events. */
async function oldestWithData(
  ports: ReplayRangePorts,
  after: number | undefined,
): Promise<number | undefined> {
  const { pipeline, ledger, lake, batch } = ports
  const types = [...pipeline.latest.keys()]
  const published = await Promise.all(types.map(async type => (await batch.boundary(tallyId(type)))?.epoch))
  const [acknowledged] = await ledger.epochs(after ?? lowest(published))
  const delivered = await Promise.all(types.map(type => epochsIn(lake, rawOfType(type))))
  const epochs = delivered.flat().filter(epoch => after === undefined || epoch > after)
  if (acknowledged !== undefined) epochs.push(acknowledged.epoch)
  return epochs.reduce<number | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
}
