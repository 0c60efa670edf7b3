import { pathInstant } from '../../../core/data/time.ts'
import { TributaryError } from '../../../core/errors.ts'
import { curatedFolder, lossFolder, lossOf, lossRecord, rawFolder } from '../../../core/lake/lake-paths.ts'
import { folderOf } from '../../../core/lake/relation.ts'
import type { HeavyEngine } from '../../../core/ports/heavy-engine.ts'
import type { LakeObject } from '../../../core/ports/lake-folder.ts'
import type { Ledger } from '../../../core/ports/ledger.ts'
import type { CountedIds } from '../../../core/sql/counted-ids.ts'
import { query } from '../../../core/sql/query.ts'
import { noteDue } from '../certify/due.ts'
import { type EnginePorts, heavyFor } from '../choose-engine.ts'
import { refineWhole } from '../heavy/refine-whole.ts'
import { contractOf, helpersOfType, relationAt } from '../lookup.ts'
import type { TaskResult } from '../task.ts'
import { forgetSlices, idsBefore } from './known-ids.ts'
import { type MarkLaterPorts, markLater } from './mark-later.ts'
import { closeParts, type EpochToRefine, type Refined, refineParts, totalOf } from './refine-epoch.ts'
import { isUnchecked, type UncheckedPorts } from './unchecked.ts'
import { type Unread, unreadIn } from './unread.ts'

export type RefinePorts = MarkLaterPorts &
  EnginePorts & {
    readonly ledger: Ledger
    /** Raw bytes of a part (256 MB): a test needs fewer. */
    readonly partBytes?: number
  }

/** `run`: the run that publishes it. */
export type RefineTask = {
  readonly type: string
  readonly epoch: number
  readonly run?: string
  /** Whether to go on without raw data that is lost. */
  readonly isLossAccepted?: boolean
}

/** `objects`: raw objects that there were. `missing`: events that are lost, and gone on without. */
export type RefineResult = TaskResult<
  { readonly type: string; readonly objects: number; readonly missing: number } & Refined
>

/** What an epoch of a type was published without. */
export type Loss = { readonly accepted: number; readonly raw: number; readonly missing: number }

export type Refine = (task: RefineTask) => Promise<RefineResult>

/**
 * Builds the refine step: raw lines of a type and epoch become typed, deduplicated Parquet in its curated
 * folder, in one move. Epochs are refined in order, as an event is a duplicate where an earlier epoch has
 * *counted* it. Where a published epoch is refined again and counts other events, the epochs that it makes a
 * difference to are marked as due.
 *
 * @throws (the step) TributaryError `raw_incomplete` while raw data is missing, or of the lake
 */
export function createRefine(ports: RefinePorts): Refine {
  const { lake, ledger } = ports
  return async ({ type, epoch, run = '', isLossAccepted = false }) => {
    const task = await epochToRefine(ports, { type, epoch }, await lake.list(rawFolder(type, epoch)))
    const heavy = task.isUnchecked ? undefined : await heavyFor(ports, { type, epoch })
    let loss: Loss | undefined
    const require = async (total: Pick<Refined, 'raw'>) => {
      const accepted = (await ledger.epoch(epoch)).accepted[type]
      loss = await requireAll(ports, { type, epoch, run, isLossAccepted }, total, accepted)
    }
    const { refined, unread, earlier } =
      heavy === undefined
        ? await inParts(ports, task, require)
        : await atOnce(ports, heavy.engine, task, require)
    if (refined.raw > 0) {
      await markLater(ports, { type, epoch }, earlier, run)
      await forgetSlices(ports, type, epoch)
      await noteDue(ports.engine, {
        run,
        epoch,
        type: { type, objects: task.raw.length, ...countsOf(refined) },
      })
      await lake.replace(folderOf(task.target), curatedFolder(type, epoch))
    }
    return {
      type,
      objects: task.raw.length,
      missing: loss?.missing ?? 0,
      ...refined,
      report: {
        epochs: {
          [pathInstant(epoch)]: {
            refined: { [type]: refined },
            ...(loss !== undefined && { lost: { [type]: loss } }),
            ...(unread.length > 0 && { unread: { [type]: unread } }),
            ...(heavy !== undefined && { engine: { [type]: heavy.why } }),
          },
        },
      },
    }
  }
}

type Made = {
  readonly refined: Refined
  readonly unread: readonly Unread[]
  readonly earlier: CountedIds
}

/** By the engine in the process: parts of an epoch, one after the other. */
async function inParts(
  ports: RefinePorts,
  task: EpochToRefine,
  require: (total: Refined) => Promise<void>,
): Promise<Made> {
  const notes = await refineParts(ports, task)
  await require(totalOf(notes))
  const earlier = await idsBefore(ports, task.target.type, task.target.epoch)
  return {
    refined: await closeParts(ports, task, notes, earlier),
    unread: unreadIn(task.contract, notes),
    earlier,
  }
}

/** By the engine for larger epochs, which reads checked events alone. */
async function atOnce(
  ports: RefinePorts,
  heavy: HeavyEngine,
  task: EpochToRefine,
  require: (total: Pick<Refined, 'raw'>) => Promise<void>,
): Promise<Made> {
  const earlier = await idsBefore(ports, task.target.type, task.target.epoch)
  return { refined: await refineWhole(ports, heavy, task, earlier, require), unread: [], earlier }
}

function countsOf({ raw, curated, duplicates, redelivered }: Refined): Refined {
  return { raw, curated, duplicates, redelivered }
}

/** How raw objects of a type and epoch are refined, in the staged area. */
export async function epochToRefine(
  ports: UncheckedPorts & Pick<RefinePorts, 'partBytes'>,
  { type, epoch }: RefineTask,
  raw: readonly LakeObject[],
): Promise<EpochToRefine> {
  const { pipeline, partBytes } = ports
  return {
    contract: contractOf(pipeline, type),
    helpers: helpersOfType(pipeline, type),
    isUnchecked: await isUnchecked(ports, type, epoch),
    target: { kind: 'staged-curated', type, epoch },
    raw,
    partBytes,
  }
}

/**
 * Raw data must hold every event that ingest acknowledged, and, where the ledger has forgotten the epoch, at
 * least what is curated already: raw files that have been removed must not take curated events with them.
 */
async function requireAll(
  ports: Pick<RefinePorts, 'lake' | 'engine'>,
  task: RefineTask,
  { raw }: Pick<Refined, 'raw'>,
  accepted: number | undefined,
): Promise<Loss | undefined> {
  const { type, epoch } = task
  const expected = accepted ?? (await curatedRows(ports, type, epoch))
  if (raw >= expected) return undefined
  const loss = { accepted: expected, raw, missing: expected - raw }
  if (await isAccepted(ports.lake, task, loss)) return loss
  throw new TributaryError(
    'raw_incomplete',
    `epoch ${pathInstant(epoch)} of ${type} has ${raw} of ${expected} events in the raw lake`,
    { retryAfter: 30 },
  )
}

/**
 * Whether a loss may be gone on with: an operator says so, or has said so of this much. What was said lies in
 * the lake, by type and epoch, as a record, and so that the epoch can be computed again.
 */
async function isAccepted(
  lake: RefinePorts['lake'],
  { type, epoch, run, isLossAccepted = false }: RefineTask,
  loss: Loss,
): Promise<boolean> {
  const before = (await lake.list(lossFolder(type, epoch))).map(({ path }) => lossOf(path))
  if (before.some(({ raw }) => loss.raw >= raw)) return true
  if (isLossAccepted) await lake.put(lossRecord(type, epoch, loss), [`${JSON.stringify({ ...loss, run })}\n`])
  return isLossAccepted
}

async function curatedRows(
  { lake, engine }: Pick<RefinePorts, 'lake' | 'engine'>,
  type: string,
  epoch: number,
): Promise<number> {
  const curated = await relationAt(lake, { kind: 'curated', type, epoch })
  if (curated.parts.length === 0) return 0
  const counted = query`SELECT count(*) AS n FROM ${engine.dialect.scan([curated])} AS c`
  const [row] = await engine.session(session => session.rows(counted))
  return Number(row?.['n'])
}
