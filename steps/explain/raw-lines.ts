import type { Relation } from '../../core/lake/relation.ts'
import type { LakeRow, LakeSession } from '../../core/ports/lake-engine.ts'
import { COUNTED_IN } from '../../core/sql/counted-ids.ts'
import { curatedOfCell } from '../../core/sql/explain/cell-rows.ts'
import {
  countedBefore,
  droppedByRefining,
  knownLines,
  linesOf,
  unsettledLines,
} from '../../core/sql/explain/raw-lines.ts'
import { join, query } from '../../core/sql/query.ts'
import { contractOf } from '../batch/lookup.ts'
import { isUnchecked } from '../batch/refine/unchecked.ts'
import type { RawObjects } from './epoch-sources.ts'
import { idsAsTheyAre } from './ids-before.ts'
import type { LookTask } from './look-into-lake.ts'
import { byEvent, type DroppedLine, droppedLines, MAX_UNSETTLED } from './settle-lines.ts'

/** Raw lines to read: of epochs that nobody has refined, and of those whose curated rows are there. */
export type RawWork = {
  readonly unrefined: readonly RawObjects[]
  readonly refined: readonly (RawObjects & { readonly curated: Relation })[]
}

/**
 * Reads raw lines into `known` and tells which of them count nothing (`dropped`), as relations of the
 * session.
 */
export async function readRawLines(task: LookTask, { unrefined, refined }: RawWork): Promise<void> {
  const { session, engine } = task
  await fill(session, 'lines', await allLines(task, [...unrefined, ...refined]))
  await fill(session, 'known', knownLines())
  await session.execute(query`DROP TABLE lines`)
  await session.execute(query`CREATE TEMP TABLE dropped (event_source VARCHAR, event_id VARCHAR, receipt VARCHAR, epoch BIGINT,
  won_receipt VARCHAR, won_epoch BIGINT)`)
  if (unrefined.length > 0)
    await settleUnrefined(
      task,
      unrefined.map(({ epoch }) => epoch),
    )
  if (refined.length === 0) return
  const rows = engine.dialect.scan(refined.map(({ curated }) => curated))
  const kept = curatedOfCell(engine.dialect, task.metric, task.question.cell, rows)
  await fill(session, 'kept', query`SELECT receipt FROM (${kept}) AS c`)
  const gone = droppedByRefining(refined.map(({ epoch }) => epoch))
  await session.execute(query`INSERT INTO dropped SELECT *, NULL, NULL FROM (${gone}) AS g`)
}

function fill(session: LakeSession, relation: string, rows: ReturnType<typeof query>): Promise<void> {
  return session.execute(query`CREATE TEMP TABLE ${relation} AS ${rows}`)
}

async function allLines(task: LookTask, epochs: readonly RawObjects[]) {
  const { ports, engine, metric, question } = task
  const { type } = metric
  const contract = contractOf(ports.pipeline, type)
  const each = epochs.map(async ({ epoch, objects }) => {
    const raw = { kind: 'raw', type, epoch, parts: objects.map(({ path }) => path) } as const
    const epochLines = { raw, isUnchecked: await isUnchecked(ports, type, epoch) }
    return linesOf(engine.dialect, contract, metric, question.cell, epochLines)
  })
  return join(await Promise.all(each), '\nUNION ALL BY NAME\n')
}

/**
 * Tells which lines of unrefined epochs count nothing, as refining would. Nearly all events have one line,
 * and need no look.
 */
async function settleUnrefined(task: LookTask, epochs: readonly number[]): Promise<void> {
  const { ports, session, engine, metric } = task
  const span = ports.horizon * ports.epochLength
  const ids = await idsAsTheyAre(ports, metric.type, Math.min(...epochs) - span, Math.max(...epochs) + 1)
  const before = countedBefore(engine.dialect, ids)
  if (before !== undefined) await fill(session, 'earlier', before)
  const some = query` LIMIT ${MAX_UNSETTLED + 1}`
  const lines = byEvent(await session.rows(query`${unsettledLines(epochs, before !== undefined)}${some}`))
  if (lines.size === 0) return
  const counted = before === undefined ? [] : await session.rows(query`SELECT * FROM earlier${some}`)
  const earlier = byEvent(counted)
  const dropped = [...lines].flatMap(([event, rows]) => {
    const own = rows.map(row => ({ receipt: String(row['receipt']), epoch: Number(row['epoch']) }))
    const epochsBefore = (earlier.get(event) ?? []).map(row => Number(row[COUNTED_IN])).sort((a, b) => a - b)
    return droppedLines(own, epochsBefore, span).map(line => ({ ...line, event: rows[0]! }))
  })
  for (let at = 0; at < dropped.length; at += CHUNK) await note(task, dropped.slice(at, at + CHUNK))
}

/** Rows of one INSERT. */
const CHUNK = 1000

function note(
  { session, engine: { dialect } }: LookTask,
  dropped: readonly (DroppedLine & { readonly event: LakeRow })[],
): Promise<void> {
  const text = (value: unknown) => (value === undefined ? 'NULL' : dialect.text(String(value)))
  const rows = dropped.map(({ event, receipt, epoch, counted }) => {
    const of = [text(event['event_source']), text(event['event_id'])]
    return `(${[...of, text(receipt), epoch, text(counted.receipt), counted.epoch].join(', ')})`
  })
  return session.execute(query`INSERT INTO dropped VALUES ${rows.join(', ')}`)
}
