import { formatInstant, parseInstant, pathInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import { othersOf, RUN, THROUGH } from '../../core/iceberg/changed-by-others.ts'
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
    const after = withThrough(await withEpochs(ports, table, noted, ours), work.through)
    const isSame = before !== undefined && writeTable(after).equals(writeTable(before))
    if (isSame || (await isCommitted(ports, table, location, { before, after })))
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
  const change = { epochs: new Set(epochs.map(({ epoch }) => BigInt(epoch) * 1000n)), files }
  const names = epochs.map(({ epoch }) => pathInstant(epoch))
  const named =
    names.length === 1
      ? { 'tributary.epoch': names[0]! }
      : { 'tributary.epochs': `${names[0]}/${names.at(-1)}`, 'tributary.epoch-count': String(names.length) }
  return writeSnapshot(ports, metadata, change, { [RUN]: run, ...named })
}

/** Through which epoch a table has all that is published, ms; −1 of one that has none. */
export function throughOf(metadata: TableMetadata | undefined): number {
  return parseInstant(metadata?.properties[THROUGH] ?? '') ?? -1
}

function withThrough(metadata: TableMetadata, through: number | undefined): TableMetadata {
  if (through === undefined || through <= throughOf(metadata)) return metadata
  return { ...metadata, properties: { ...metadata.properties, [THROUGH]: formatInstant(through) } }
}

async function isCommitted(
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
