import { pathInstant } from '../../core/data/time.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { toTributaryError } from '../../core/errors.ts'
import type { OpenTable } from '../../core/lake/open-table.ts'
import type { LakeEngine } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { BatchViews, Boundary } from '../../core/ports/views.ts'
import { epochsIn } from '../batch/lookup.ts'
import { type Committed, commitEpochs, sinceOf, throughOf } from './commit-epochs.ts'
import { expireSnapshots } from './expire-snapshots.ts'
import { type ChangedByOther, changesOfOthers } from './notice-others.ts'
import { removeOrphans } from './remove-orphans.ts'
import { successorOf } from './successor.ts'
import { readHead, type TablePorts } from './table-head.ts'
import { endTableMark, type TableMark, tableMarks } from './table-marks.ts'
import { type TableSource, tableSources } from './table-source.ts'

export type KeepTablesPorts = {
  readonly pipeline: Pipeline
  readonly lake: LakeFolder
  readonly engine: LakeEngine
  readonly batch: Pick<BatchViews, 'boundary'>
  /** ms. */
  readonly epochLength: number
  /** Undefined where the platform keeps no open tables. */
  readonly tables?: TablePorts | undefined
  /** Told after each look which tables are behind, and why. */
  readonly onTables?: (behind: Readonly<Record<string, string>>) => void
  /** Epochs that a call brings to one table (200): the next call goes on. */
  readonly atMost?: number
}

/** What was done for open tables, for a run's report; nothing where there was nothing to do. */
export type TablesReport = { readonly tables?: Readonly<Record<string, unknown>> }

/** `isFirst`: every table is looked at, not only those with marks. */
export type KeepTables = (look: { readonly run: string; readonly isFirst: boolean }) => Promise<TablesReport>

const MOST_EPOCHS = 200

/**
 * Builds what brings open tables to what is published: each epoch that a run has published, in order, a
 * snapshot each, named after its run. A table that is not there yet, or has stood still, is filled from the
 * lake, in snapshots of many epochs. It is called between epochs, before anything replaces what the
 * last one has published.
 *
 * No number waits for a table: one that cannot be brought on is reported with the reason, and the next call
 * tries again.
 */
export function createKeepTables(ports: KeepTablesPorts): KeepTables {
  const { tables, pipeline, lake, onTables } = ports
  if (tables === undefined) return async () => ({})
  const behind = new Map<string, string>()
  return async ({ run, isFirst }) => {
    const marks = Map.groupBy(await tableMarks(lake), ({ owner }) => owner)
    const all = tableSources({ ...ports, files: tables.files }, pipeline)
    const sources = isFirst ? all : all.filter(({ owner }) => marks.has(owner))
    const notes: Notes = {
      committed: {},
      renewed: {},
      behind: {},
      left: {},
      changed: {},
      expired: {},
      orphans: {},
    }
    for (const source of sources) {
      const { table, owner } = source
      const name = `${table.namespace}.${table.table}`
      try {
        await bringOn({ ...ports, tables }, { source, marks: marks.get(owner) ?? [], run }, notes)
        if (isFirst) await upkeep({ ...ports, tables }, table, notes)
      } catch (error) {
        notes.behind[name] = toTributaryError(error).message
      }
      const problem = notes.behind[name]
      if (problem === undefined) behind.delete(name)
      else behind.set(name, problem)
    }
    onTables?.(Object.fromEntries(behind))
    const told = Object.entries(notes).filter(([, entries]) => Object.keys(entries).length > 0)
    return told.length === 0 ? {} : { tables: Object.fromEntries(told) }
  }
}

type Notes = {
  /** Epochs that were brought to a table. */
  readonly committed: Record<string, number>
  /** Columns that became another type, of tables that are made anew and complete now. */
  readonly renewed: Record<string, readonly string[]>
  /** Why a table is behind. */
  readonly behind: Record<string, string>
  /** Epochs that were published anew and not brought, as somebody else has changed their rows. */
  readonly left: Record<string, readonly string[]>
  readonly changed: Record<string, readonly ChangedByOther[]>
  /** Snapshots that are kept no longer. */
  readonly expired: Record<string, number>
  /** Files that no snapshot names. */
  readonly orphans: Record<string, number>
}

type Work = {
  readonly source: TableSource
  readonly marks: readonly TableMark[]
  readonly run: string
}

type BringPorts = Omit<KeepTablesPorts, 'tables'> & { readonly tables: TablePorts }

/** Where a column became another type, it is the table that is to follow which is brought on. */
async function bringOn(ports: BringPorts, work: Work, notes: Notes): Promise<void> {
  const { table } = work.source
  const successor = await successorOf(ports.tables, table)
  if (successor === undefined) return void (await bringTo(ports, work, notes))
  const beside = { ...ports, tables: successor.ports }
  if (!(await bringTo(beside, work, notes))) return
  // Also where the lake has nothing of it any more.
  await commitEpochs(beside.tables, table, { epochs: [], run: work.run, through: undefined })
  if (await successor.takeOver()) notes.renewed[`${table.namespace}.${table.table}`] = successor.columns
}

/** Whether all that is published is in the table then. */
async function bringTo(ports: BringPorts, { source, marks, run }: Work, notes: Notes): Promise<boolean> {
  const { lake, batch, tables, atMost = MOST_EPOCHS } = ports
  const { table } = source
  const boundary = await batch.boundary(source.boundary)
  if (boundary === undefined || !(await source.isSettled())) return false
  const { metadata } = await readHead(tables, table)
  const name = `${table.namespace}.${table.table}`
  if (metadata !== undefined && (await changesOfOthers(tables.files, metadata)).length > 0)
    note(notes, name, await commitEpochs(tables, table, { epochs: [], run, through: undefined }))
  const through = throughOf(metadata)
  const since = await source.since()
  if (metadata !== undefined && since > sinceOf(metadata))
    note(notes, name, await commitEpochs(tables, table, { epochs: [], run, through: undefined, since }))
  for (const mark of marks) if (mark.epoch < since) await endTableMark(lake, mark)
  const published = marks.filter(({ epoch }) => epoch >= since && epoch <= boundary.epoch)
  const curated = await epochsIn(lake, source.folder, {
    ...{ after: through, limit: atMost },
    through: { epoch: boundary.epoch, epochLength: ports.epochLength },
  })
  const marked = published
    .map(({ epoch }) => epoch)
    .filter(epoch => epoch <= (curated.at(-1) ?? boundary.epoch))
  const due = [...new Set([...curated, ...marked])]
    .filter(epoch => epoch >= since && epoch > through && epoch <= boundary.epoch)
    .sort((x, y) => x - y)
  for (const step of stepsOf(due, published, { through, boundary, run })) {
    const folder = tables.files.folder(table.namespace, table.table)
    const files = []
    for (const epoch of step.epochs) files.push(await source.files(epoch, folder))
    const done = await commitEpochs(tables, table, { epochs: files, run: step.run, through: step.through })
    note(notes, name, done)
    notes.committed[name] = (notes.committed[name] ?? 0) + step.epochs.length - done.left.length
    // What is left as it is waits for whoever changed it to give it back.
    for (const mark of step.marks) if (!done.left.includes(mark.epoch)) await endTableMark(lake, mark)
  }
  return curated.length < atMost
}

/** What a table is rid of, at the beginning of a run. */
async function upkeep(
  { lake, tables }: Pick<KeepTablesPorts, 'lake'> & { readonly tables: TablePorts },
  table: OpenTable,
  { expired, orphans }: Notes,
): Promise<void> {
  const name = `${table.namespace}.${table.table}`
  const gone = await expireSnapshots(tables, table)
  if (gone > 0) expired[name] = gone
  const removed = await removeOrphans({ ...tables, lake }, table)
  if (removed !== undefined && removed > 0) orphans[name] = removed
}

function note(notes: Notes, name: string, { left, changedByOthers }: Committed): void {
  if (left.length > 0) notes.left[name] = [...(notes.left[name] ?? []), ...left.map(pathInstant)]
  if (changedByOthers.length > 0) notes.changed[name] = [...(notes.changed[name] ?? []), ...changedByOthers]
}

/** One snapshot. */
type Step = {
  readonly epochs: readonly number[]
  readonly run: string
  readonly marks: readonly TableMark[]
  readonly through: number | undefined
}

/**
 * Snapshots in order: first epochs that were published again, as their runs came, then those that follow.
 * Those of which no mark says the run are one snapshot together.
 */
export function stepsOf(
  due: readonly number[],
  marks: readonly TableMark[],
  { through, boundary, run }: { readonly through: number; readonly boundary: Boundary; readonly run: string },
): readonly Step[] {
  const byEpoch = Map.groupBy(marks, ({ epoch }) => epoch)
  const again = [...byEpoch]
    .filter(([epoch]) => epoch <= through)
    .map(([epoch, all]) => ({ epochs: [epoch], run: lastRun(all), marks: all, through: undefined }))
    .sort((a, b) => (a.run < b.run ? -1 : a.run > b.run ? 1 : a.epochs[0]! - b.epochs[0]!))
    .slice(0, MOST_EPOCHS)
  const runOf = (epoch: number) => {
    const marked = byEpoch.get(epoch)
    if (marked !== undefined) return lastRun(marked)
    return epoch === boundary.epoch ? boundary.run : undefined
  }
  const after: Step[] = []
  for (const epoch of due) {
    const named = runOf(epoch)
    const last = after.at(-1)
    const step = { run: named ?? run, marks: byEpoch.get(epoch) ?? [], through: epoch }
    if (named === undefined && last !== undefined && runOf(last.through!) === undefined)
      after.splice(-1, 1, { ...last, epochs: [...last.epochs, epoch], through: epoch })
    else after.push({ epochs: [epoch], ...step })
  }
  return [...again, ...after]
}

const lastRun = (marks: readonly TableMark[]) =>
  marks
    .map(({ run }) => run)
    .sort()
    .at(-1)!
