import { pathInstant } from '../../core/data/time.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import { curatedFolder, rawFolder, staged } from '../../core/lake/lake-paths.ts'
import type { Lake } from '../../core/ports/lake.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { Dialect } from '../../core/sql/dialect.ts'
import { contractOf, curatedEpochs, curatedParts, helpersOfType } from './lookup.ts'
import { type Refined, refineEpoch } from './refine-epoch.ts'
import type { TaskResult } from './task.ts'

export type RefinePorts = {
  readonly pipeline: Pipeline
  readonly lake: Lake
  readonly dialect: Dialect
  readonly ledger: Ledger
  /** ms. */
  readonly epochLength: number
  /** Epochs that an event id is remembered for. */
  readonly horizon: number
}

export type RefineTask = { readonly type: string; readonly epoch: number }

export type RefineResult = TaskResult<{ readonly type: string } & Refined>

export type Refine = (task: RefineTask) => Promise<RefineResult>

/**
 * Builds the refine step: raw lines of a type and epoch become typed, deduplicated Parquet in its curated folder, in one
 * move. Epochs are refined in order, as an event is a duplicate where an earlier epoch has *counted* it.
 *
 * @throws (the step) TributaryError `raw_incomplete` while raw data is missing, or of the lake
 */
export function createRefine(ports: RefinePorts): Refine {
  const { pipeline, lake, dialect, ledger } = ports
  return async ({ type, epoch }) => {
    const target = curatedFolder(type, epoch)
    const refined = await refineEpoch(lake, dialect, {
      contract: contractOf(pipeline, type),
      helpers: helpersOfType(pipeline, type),
      epoch,
      raw: await lake.list(rawFolder(type, epoch)),
      earlier: await earlierParts(ports, type, epoch),
      folder: staged(target),
    })
    const accepted = (await ledger.epoch(epoch)).accepted[type]
    await requireAll(lake, dialect, { type, epoch }, refined, accepted)
    if (refined.raw > 0) await lake.replace(staged(target), target)
    return {
      type,
      ...refined,
      report: { epochs: { [pathInstant(epoch)]: { refined: { [type]: refined } } } },
    }
  }
}

/** Curated parts of the epochs in which the id of an event of this epoch is still remembered. */
export async function earlierParts(
  { lake, epochLength, horizon }: Pick<RefinePorts, 'lake' | 'epochLength' | 'horizon'>,
  type: string,
  epoch: number,
): Promise<readonly string[]> {
  const oldest = epoch - horizon * epochLength
  const epochs = (await curatedEpochs(lake, type)).filter(other => other < epoch && other >= oldest)
  return (await Promise.all(epochs.map(other => curatedParts(lake, type, other)))).flat()
}

/**
 * Raw data must hold every event that ingest acknowledged, and, where the ledger has forgotten the epoch, at least what is
 * curated already: raw files that have been removed must not take curated events with them.
 */
async function requireAll(
  lake: Lake,
  dialect: Dialect,
  { type, epoch }: RefineTask,
  { raw }: Refined,
  accepted: number | undefined,
): Promise<void> {
  const expected = accepted ?? (await curatedRows(lake, dialect, type, epoch))
  if (raw >= expected) return
  throw new TributaryError(
    'raw_incomplete',
    `epoch ${pathInstant(epoch)} of ${type} has ${raw} of ${expected} events in the raw lake`,
    { retryAfter: 30 },
  )
}

async function curatedRows(lake: Lake, dialect: Dialect, type: string, epoch: number): Promise<number> {
  const parts = await curatedParts(lake, type, epoch)
  if (parts.length === 0) return 0
  const [row] = await lake.session(s => s.rows(`SELECT count(*) AS n FROM ${dialect.scan(parts)} AS c`))
  return Number(row?.['n'])
}
