import type { RootDatabase } from 'lmdb'
import { TributaryError } from '../../core/errors.ts'
import type { Run, Runs } from '../../core/ports/runs.ts'
import { storageFailed } from '../files/durable.ts'
import { checkedValue, readChecked } from '../lmdb/checked-value.ts'

/**
 * The record of executions in LMDB: the database `runs` of a given environment.
 *
 * Ids must sort by time (ULID, UUID v7): then key order is age, and no second index is needed. The newest
 * `keep` runs stay; older ones go, except those still running. A put resolves when the run is on the disk.
 *
 * Errors: TributaryError `storage_failed`.
 *
 * @example
 * const runs = createLmdbRuns(open({ path: '.tributary/state' }))
 */
export function createLmdbRuns(root: RootDatabase, { keep = 1000 }: { readonly keep?: number } = {}): Runs {
  const database = guarded('open', () => root.openDB<string, string>({ name: 'runs', encoding: 'string' }))

  const prune = (): void => {
    const excess = database.getKeysCount() - keep
    if (excess <= 0) return
    const ended = database.getRange().filter(({ key, value }) => readRun(key, value).status !== 'running')
    for (const { key } of [...ended.slice(0, excess)]) database.removeSync(key)
  }

  return {
    async put(run) {
      requireKey(run.id)
      try {
        await database.transaction(() => {
          database.putSync(run.id, checkedValue(run.id, run))
          prune()
        })
        await database.flushed
      } catch (cause) {
        throw storageFailed('cannot write the record of runs', cause)
      }
    },
    async get(id) {
      const text = isKey(id) ? guarded('read', () => database.get(id)) : undefined
      return text === undefined ? undefined : readRun(id, text)
    },
    async list(limit, after) {
      if (limit < 1) return []
      const behind = after !== undefined && { start: after.id, exclusiveStart: true }
      return guarded('read', () => [
        ...database
          .getRange({ reverse: true, limit, ...behind })
          .map(({ key, value }) => readRun(key, value)),
      ])
    },
  }
}

/** Reads every record of a run. @throws `corrupt_data` naming the one that is damaged */
export function verifyLmdbRuns(root: RootDatabase): void {
  const runs = root.openDB<string, string>({ name: 'runs', encoding: 'string' })
  for (const { key, value } of runs.getRange()) readRun(key, value)
}

const readRun = (id: string, text: string): Run => readChecked<Run>('batch/data.mdb', id, text)

/**
 * LMDB takes keys of 1 to 1,978 bytes; ids are far below, and what a caller of the API asks for may be
 * anything.
 */
function isKey(id: string): boolean {
  return id.length > 0 && id.length <= 200
}

function requireKey(id: string): void {
  if (!isKey(id)) throw new TributaryError('internal', `a run id has 1 to 200 characters, not ${id.length}`)
}

function guarded<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw storageFailed(`cannot ${what} the record of runs`, cause)
  }
}
