import type { Relation } from '../../core/lake/relation.ts'
import type { LakeRow } from '../../core/ports/lake-engine.ts'
import { duplicatesOfCell, winnersAmong } from '../../core/sql/explain/raw-lines.ts'
import { query } from '../../core/sql/query.ts'
import { curatedEpochs } from '../batch/lookup.ts'
import { type EpochSource, epochSources, type RawObjects, rawFrom } from './epoch-sources.ts'
import { foundReceipt } from './found-receipt.ts'
import type { LookTask } from './look-into-lake.ts'
import type { FoundDuplicate, FoundDuplicates } from './question.ts'
import { eventKey } from './settle-lines.ts'

/** Raw lines to look through for what was dropped of a cell. */
type ToLookThrough = {
  readonly refined: readonly (RawObjects & { readonly curated: Relation })[]
  /** Epochs that nobody has refined, and that no part is made of. */
  readonly later: readonly RawObjects[]
  readonly notRead: FoundDuplicates['notRead']
}

/** Epochs that are looked through for duplicates, at most. */
const MAX_EPOCHS = 100
/** Duplicates that are shown. */
const MAX_SHOWN = 100

/**
 * Epochs in which an event of the cell may have come again: those that have some of it, and those after
 * them for as long as ids are remembered. Those that counted all that they received are left out; the
 * others are read as far as `budget` bytes last.
 */
export async function latersOf(
  task: LookTask,
  sources: readonly EpochSource[],
  read: readonly RawObjects[],
  budget: number,
): Promise<ToLookThrough> {
  const { ports, session, metric } = task
  if (sources.length === 0) return { refined: [], later: [], notRead: [] }
  const epochs = sources.map(({ epoch }) => epoch)
  const last = Math.max(...epochs) + ports.horizon * ports.epochLength
  const all = await rawFrom(ports, metric.type, Math.min(...epochs), MAX_EPOCHS)
  const seen = new Set(read.map(({ epoch }) => epoch))
  const wanted = all.filter(one => one.epoch <= last && !seen.has(one.epoch) && one.objects.length > 0)
  // Epochs of the cell first: it is their events that come again soonest.
  const ordered = [
    ...wanted.filter(one => epochs.includes(one.epoch)),
    ...wanted.filter(one => !epochs.includes(one.epoch)),
  ]
  const others = ordered.map(({ epoch }) => epoch).filter(epoch => !epochs.includes(epoch))
  const opened = [...sources, ...(await epochSources(ports, session, metric, others))]
  const accepted = await acceptedIn(task, Math.min(...epochs))
  const found = { refined: [] as (RawObjects & { curated: Relation })[], later: [] as RawObjects[] }
  const notRead: { epoch: number; dropped: number | undefined }[] = []
  let left = budget
  for (const one of ordered) {
    const curated = opened.find(({ epoch }) => epoch === one.epoch)?.curated
    const dropped =
      curated === undefined ? undefined : await droppedIn(task, accepted.get(one.epoch), curated)
    if (dropped === 0) continue
    if (one.bytes > left) {
      notRead.push({ epoch: one.epoch, dropped })
      continue
    }
    left -= one.bytes
    if (curated === undefined) found.later.push(one)
    else found.refined.push({ ...one, curated })
  }
  return { ...found, notRead }
}

/** How many events of the type ingest accepted, by epoch, as far as the ledger remembers. */
async function acceptedIn({ ports, metric }: LookTask, first: number): Promise<ReadonlyMap<number, number>> {
  const epochs = await ports.ledger.epochs(first - 1)
  return new Map(
    epochs
      .filter(({ counts }) => counts === 'exact')
      .map(({ epoch, accepted }) => [epoch, accepted[metric.type] ?? 0]),
  )
}

async function droppedIn(
  { session, engine }: LookTask,
  accepted: number | undefined,
  curated: Relation,
): Promise<number | undefined> {
  if (accepted === undefined) return undefined
  const [row] = await session.rows(query`SELECT count(*) AS n FROM ${engine.dialect.scan([curated])} AS c`)
  return Math.max(0, accepted - Number(row?.['n']))
}

/** What `readRawLines` found dropped of the cell, the first of it with what counts instead. */
export async function findDuplicates(task: LookTask): Promise<Pick<FoundDuplicates, 'total' | 'first'>> {
  const { session, engine } = task
  const [count] = await session.rows(
    query`SELECT count(*) AS n FROM (${duplicatesOfCell(engine.dialect)}) AS d`,
  )
  const total = Number(count?.['n'])
  if (total === 0) return { total, first: [] }
  const rows = await session.rows(
    query`${duplicatesOfCell(engine.dialect)} ORDER BY d.receipt LIMIT ${MAX_SHOWN}`,
  )
  const winners = await winnersOf(task, rows)
  return { total, first: rows.map(row => ({ ...foundReceipt(row), winner: winners(row) })) }
}

type Winner = NonNullable<FoundDuplicate['winner']>

/** Curated epochs in which the receipts that count are looked for, at most. */
const MAX_CURATED = 200

/**
 * The receipt that counts an event in place of a dropped one: of the same epoch, or the newest before it
 * that is remembered.
 */
async function winnersOf(
  task: LookTask,
  dropped: readonly LakeRow[],
): Promise<(row: LakeRow) => Winner | undefined> {
  const { ports, session, engine, metric, question } = task
  const span = ports.horizon * ports.epochLength
  const epochs = dropped.map(row => Number(row['epoch']))
  const first = Math.min(...epochs) - span
  const curated = (await curatedEpochs(ports.lake, metric.type, { after: first - 1000 })).filter(
    epoch => epoch >= first && epoch <= Math.max(...epochs),
  )
  const sources = await epochSources(ports, session, metric, curated.slice(-MAX_CURATED))
  const rows = await session.rows(
    winnersAmong(
      engine.dialect,
      metric,
      question.cell,
      sources.flatMap(one => one.curated ?? []),
    ),
  )
  const byEvent = Map.groupBy(rows, eventKey)
  return row => {
    const epoch = Number(row['epoch'])
    const won = (byEvent.get(eventKey(row)) ?? [])
      .map(one => ({
        receipt: String(one['receipt']),
        epoch: Number(one['epoch']),
        isOfCell: one['is_cell'] === true,
      }))
      .filter(one => one.receipt !== row['receipt'] && one.epoch <= epoch && one.epoch >= epoch - span)
      .sort((a, b) => b.epoch - a.epoch)
    return won[0]
  }
}
