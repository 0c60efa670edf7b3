import { parsePathInstant, pathInstant } from '../data/time.ts'
import type { Entry } from './manifest.ts'
import { EPOCH } from './partition-spec.ts'
import { currentSnapshot, type Snapshot, type TableMetadata } from './table-metadata.ts'

/** Names in the summary of a snapshot of ours, and among a table's properties. */
export const RUN = 'tributary.run'
export const THROUGH = 'tributary.through'
export const SINCE = 'tributary.since'
export const SOURCE = 'tributary.source'
export const IDENTITY = 'tributary.identity'
/** Where the metadata is of a table that is filled beside this one, and is to follow it. */
export const SUCCESSOR = 'tributary.successor'
/** Epochs whose rows somebody else has changed: they stay as they are. */
export const CHANGED = 'tributary.changed'
/** The last snapshot of somebody else that was looked through. */
export const SEEN = 'tributary.seen'

/** More than that many are all: a property is no place for a list without end. */
const MOST_EPOCHS = 1000
const ALL = '*'

/** Rows of which epochs are somebody else's. */
export type Others = { has(epoch: number): boolean }

/**
 * Snapshots of other engines since the last one of ours, oldest first; those that only rewrote files left
 * out.
 */
export function snapshotsOfOthers(metadata: TableMetadata): readonly Snapshot[] {
  const byId = new Map((metadata.snapshots ?? []).map(snapshot => [snapshot['snapshot-id'], snapshot]))
  const found: Snapshot[] = []
  const seen = metadata.properties[SEEN]
  let at = currentSnapshot(metadata)
  while (at !== undefined && at.summary[RUN] === undefined && String(at['snapshot-id']) !== seen) {
    found.unshift(at)
    const parent = at['parent-snapshot-id']
    at = parent === undefined ? undefined : byId.get(parent)
  }
  return found.filter(({ summary }) => summary['operation'] !== 'replace')
}

/** Epochs (ms) of which a snapshot has added or taken away files. */
export function epochsOf(entries: readonly Entry[], snapshot: Snapshot): readonly number[] {
  const own = entries.filter(entry => entry.snapshot_id === snapshot['snapshot-id'])
  const epochs = own.map(entry => entry.data_file.partition[EPOCH]).filter(value => typeof value === 'bigint')
  return [...new Set(epochs)].map(micros => Number(micros / 1000n))
}

/** The epochs that a table's property names. */
export function othersOf({ properties }: Pick<TableMetadata, 'properties'>): Others {
  const text = properties[CHANGED] ?? ''
  const epochs = new Set(text.split(',').map(parsePathInstant))
  return { has: epoch => text === ALL || epochs.has(epoch) }
}

/** The property with further epochs. */
export function withOthers(before: string | undefined, epochs: readonly number[]): string | undefined {
  if (before === ALL || epochs.length === 0) return before
  const named = new Set([
    ...(before === undefined || before === '' ? [] : before.split(',')),
    ...epochs.map(pathInstant),
  ])
  return named.size > MOST_EPOCHS ? ALL : [...named].sort().join(',')
}
