import { open as openLmdb, type RootDatabase } from 'lmdb'
import type { AlertRecord, HistoryEntry } from '../../core/alerts/alert-record.ts'
import type {
  AlertChange,
  AlertStore,
  NumberedEntry,
  OutboxEntry,
} from '../../core/ports/alerts/alert-store.ts'
import { storageFailed } from '../files/durable.ts'
import { checkedValue, readChecked } from '../lmdb/checked-value.ts'
import { renewSnapshot } from '../views/lmdb.ts'

/** Keys: the alert, or the destination by its name, then a number. */
type Key = [of: string, number: number]

/** What messages call the environment. */
const PLACE = 'alerts/data.mdb'

/**
 * What alerts have judged and what is to be sent, in an LMDB environment of its own: a change is one
 * transaction, and resolves when it is on the disk. One process has it.
 *
 * @param path folder of the environment
 */
export function openLmdbAlerts(path: string): AlertStore & { close(): Promise<void> } {
  const root = guarded('open', () => openLmdb({ path, maxDbs: 4 }))
  const { records, histories, outbox } = databasesOf(root)

  const look = <T>(work: () => T): T =>
    guarded('read', () => {
      renewSnapshot(root)
      return work()
    })
  const apply = (alert: string, change: AlertChange): void => {
    const { record, history = [], outbox: messages = [], later, over, removed } = change
    if (record !== undefined) records.putSync(alert, checkedValue(alert, record))
    for (const entry of history) append(histories, alert, entry)
    for (const message of messages) append(outbox, message.destination, message)
    if (later !== undefined) put(outbox, [later.destination, later.number], later)
    if (over !== undefined) outbox.removeSync([over.destination, over.number])
    if (removed !== undefined) records.removeSync(removed)
  }

  return {
    async records() {
      return look(
        () =>
          new Map(
            records.getRange().map(({ key, value }) => [key, readChecked<AlertRecord>(PLACE, key, value)]),
          ),
      )
    },
    async commit({ alert, ...change }) {
      try {
        await root.transaction(() => apply(alert, change))
        await root.flushed
      } catch (cause) {
        throw storageFailed('cannot write the state of alerts', cause)
      }
    },
    async history(alert, { before = Infinity, limit }) {
      const start: Key = [alert, Math.min(before, Number.MAX_SAFE_INTEGER)]
      return look(() =>
        [...histories.getRange({ start, end: [alert, -1], reverse: true, limit: limit + 1 })]
          .filter(({ key }) => key[1] < before)
          .slice(0, limit)
          .map(({ key, value }) => ({ ...read<HistoryEntry>(key, value), number: key[1] }) as NumberedEntry),
      )
    },
    async waiting() {
      return look(() => [...firsts(outbox)])
    },
    async forget(before, most) {
      try {
        await root.transaction(() => forgetOld(histories, before, most))
      } catch (cause) {
        throw storageFailed('cannot shorten the history of alerts', cause)
      }
    },
    close: () => root.close(),
  }
}

type Databases = ReturnType<typeof databasesOf>

function databasesOf(root: RootDatabase) {
  return {
    records: root.openDB<string, string>({ name: 'alert-records', encoding: 'string' }),
    histories: root.openDB<string, Key>({ name: 'alert-history', encoding: 'string' }),
    outbox: root.openDB<string, Key>({ name: 'alert-outbox', encoding: 'string' }),
  }
}

const read = <T>(key: Key, text: string): T => readChecked<T>(PLACE, key, text)

function put(database: Databases['outbox'], key: Key, value: unknown): void {
  database.putSync(key, checkedValue(key, value))
}

/** Under the next number of its alert or destination. */
function append(database: Databases['outbox'], of: string, value: unknown): void {
  const start: Key = [of, Number.MAX_SAFE_INTEGER]
  const [last] = [...database.getKeys({ start, end: [of, -1], reverse: true, limit: 1 })]
  put(database, [of, (last?.[1] ?? -1) + 1], value)
}

/** The first entry of each destination, and how many it has. */
function* firsts(outbox: Databases['outbox']) {
  let start: Key | undefined = ['', 0]
  while (start !== undefined) {
    const [next] = [...outbox.getRange({ start, limit: 1 })]
    if (next === undefined) return
    const { key, value } = next
    const end: Key = [key[0], Number.MAX_SAFE_INTEGER]
    const count = outbox.getCount({ start: key, end })
    yield { first: { ...read<Omit<OutboxEntry, 'number'>>(key, value), number: key[1] }, count }
    start = end
  }
}

function forgetOld(histories: Databases['histories'], before: number, most: number): void {
  const counts = new Map<string, number>()
  for (const { key, value } of [...histories.getRange({ reverse: true })]) {
    const count = (counts.get(key[0]) ?? 0) + 1
    counts.set(key[0], count)
    if (count > most || read<HistoryEntry>(key, value).at < before) histories.removeSync(key)
  }
}

/** Reads everything. @throws `corrupt_data` naming what is damaged */
export async function verifyLmdbAlerts(path: string): Promise<void> {
  const root = openLmdb({ path, maxDbs: 4 })
  const { records, histories, outbox } = databasesOf(root)
  try {
    for (const { key, value } of records.getRange()) readChecked(PLACE, key, value)
    for (const each of [histories, outbox]) for (const { key, value } of each.getRange()) read(key, value)
  } finally {
    await root.close()
  }
}

function guarded<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw storageFailed(`cannot ${what} the state of alerts`, cause)
  }
}
