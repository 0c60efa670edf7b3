import { formatInstant, parseInstant, pathInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import { othersOf, RUN, SINCE, THROUGH } from '../../core/iceberg/changed-by-others.ts'
import { epochsBefore, theseEpochs } from '../../core/iceberg/manifest.ts'
import {
  currentSchema,
  metadataName,
  type TableMetadata,
  withPrevious,
  writeTable,
} from '../../core/iceberg/table-metadata.ts'
import type { OpenTable } from '../../core/lake/open-table.ts'
import { type EpochFiles, newFiles } from './epoch-files.ts'
import { type ChangedByOther, changesOfOthers, withChanges } from './notice-others.ts'
import { declaredNow, readHead, type TablePorts } from './table-head.ts'
import { writeSnapshot } from './write-snapshot.ts'

/** Epochs that a table is to show as they are now, as one snapshot. */
export type EpochsToCommit = {
  readonly epochs: readonly EpochFiles[]
  /** The run that published them. */
  readonly run: string
  /** The epoch that the table is complete through with them, ms; undefined: that does not change. */
  readonly through: number | undefined
  /** Epochs before this one, ms, leave the table: contracts keep them no longer. */
  readonly since?: number
}

export type Committed = {
  /** Epochs that somebody else has changed the rows of, and which were left as they are. */
  readonly left: readonly number[]
  readonly changedByOthers: readonly ChangedByOther[]
}

/** So often somebody else may be first. */
const MOST_TRIES = 5

/**
 * Commits epochs to a table in one snapshot named after the run. Where another writer is first, it begins
 * again from what that one has written. Doing it again changes nothing.
 *
 * @throws TributaryError `unavailable` where others are first again and again, or of catalog and files
 */
export async function commitEpochs(
  ports: TablePorts,
  table: OpenTable,
  work: EpochsToCommit,
): Promise<Committed> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { location, metadata: before } = await readHead(ports, table)
    const columns = new Set(work.epochs.flatMap(epoch => [...epoch.columns]))
    const declared = declaredNow(ports, table, before, columns)
    const changes = before === undefined ? [] : await changesOfOthers(ports.files, before)
    const noted = withChanges(declared, changes)
    const theirs = othersOf(noted)
    const left = work.epochs.map(({ epoch }) => epoch).filter(epoch => theirs.has(epoch))
    const ours = { ...work, epochs: work.epochs.filter(({ epoch }) => !theirs.has(epoch)) }
    const kept = await withSince(ports, noted, work)
    const after = withThrough(await withEpochs(ports, table, kept, ours), work.through)
    const isSame = before !== undefined && writeTable(after).equals(writeTable(before))
    if (isSame || (await commitMetadata(ports, table, location, { before, after })))
      return { left, changedByOthers: changes }
  }
  throw new TributaryError(
    'unavailable',
    `tables: others changed ${table.namespace}.${table.table} first, ${MOST_TRIES} times`,
  )
}

function withEpochs(
  ports: TablePorts,
  { dayOf }: OpenTable,
  metadata: TableMetadata,
  { epochs, run }: EpochsToCommit,
): Promise<TableMetadata> {
  const ids = new Map(currentSchema(metadata).fields.map(({ name, id }) => [name, id]))
  const files = epochs.flatMap(epoch => newFiles(epoch, dayOf, name => ids.get(name)!))
  const change = { epochs: theseEpochs(epochs.map(({ epoch }) => epoch)), files }
  const names = epochs.map(({ epoch }) => pathInstant(epoch))
  const named =
    names.length === 1
      ? { 'tributary.epoch': names[0]! }
      : { 'tributary.epochs': `${names[0]}/${names.at(-1)}`, 'tributary.epoch-count': String(names.length) }
  return writeSnapshot(ports, metadata, change, { [RUN]: run, ...named })
}

/** From when on a table has epochs, ms; −∞: from its first on. */
export function sinceOf(metadata: TableMetadata | undefined): number {
  return parseInstant(metadata?.properties[SINCE] ?? '') ?? Number.NEGATIVE_INFINITY
}

/** In a snapshot of its own, whoever has changed rows of theirs. */
async function withSince(
  ports: TablePorts,
  metadata: TableMetadata,
  { run, since }: EpochsToCommit,
): Promise<TableMetadata> {
  if (since === undefined || since <= sinceOf(metadata)) return metadata
  const change = { epochs: epochsBefore(since), files: [] }
  const after = await writeSnapshot(ports, metadata, change, { [RUN]: run, [SINCE]: formatInstant(since) })
  return { ...after, properties: { ...after.properties, [SINCE]: formatInstant(since) } }
}

/** Through which epoch a table has all that is published, ms; −1 of one that has none. */
export function throughOf(metadata: TableMetadata | undefined): number {
  return parseInstant(metadata?.properties[THROUGH] ?? '') ?? -1
}

function withThrough(metadata: TableMetadata, through: number | undefined): TableMetadata {
  if (through === undefined || through <= throughOf(metadata)) return metadata
  return { ...metadata, properties: { ...metadata.properties, [THROUGH]: formatInstant(through) } }
}

/** Writes a table's metadata and has the catalog name it; false where somebody else was first. */
export async function commitMetadata(
  { catalog, files, newUuid }: TablePorts,
  table: OpenTable,
  location: string | undefined,
  { before, after }: { readonly before: TableMetadata | undefined; readonly after: TableMetadata },
): Promise<boolean> {
  const previous = before === undefined || location === undefined ? undefined : location
  const { metadata, dropped } =
    previous === undefined
      ? { metadata: after, dropped: [] }
      : withPrevious(after, { location: previous, at: before!['last-updated-ms'] })
  const next = `${metadata.location}/metadata/${metadataName(location, newUuid())}`
  await files.write(next, writeTable(metadata))
  if ((await catalog.commit(table, location, next)) === 'conflict') return false
  await files.remove(dropped)
  return true
}
