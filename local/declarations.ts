import { existsSync, readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ChangeNotice, changeNotices } from '../core/declare/changes/change-notices.ts'
import type { Incompatibility } from '../core/declare/changes/compatibility.ts'
import {
  type HasEvents,
  historyProblems,
  type Remembered,
  remember,
} from '../core/declare/changes/remembered.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { TributaryError } from '../core/errors.ts'
import { curatedOfType, rawOfType } from '../core/lake/lake-paths.ts'
import { checkedJson, withCheck } from '../drivers/files/checked-text.ts'
import { ifAbsent, replaceFile } from '../drivers/files/durable.ts'
import { loadLedger } from '../drivers/stream/log/ledger-file.ts'
import { declaredInLake } from './declared-in-lake.ts'

/** Where a data folder remembers the declarations that it last ran with. */
export const declarationsPath = (data: string) => join(data, 'declarations.json')

/**
 * What a data folder remembers; undefined where it does not.
 * @throws `corrupt_data`
 */
export async function readDeclarations(data: string): Promise<Remembered | undefined> {
  const path = declarationsPath(data)
  const text = await readFile(path, 'utf8').catch(ifAbsent(undefined))
  return text === undefined ? undefined : (checkedJson(path, text) as Remembered)
}

/** What a data folder remembers, and of which types it has events. */
export type Stored = { readonly before: Remembered; readonly hasEvents: HasEvents }

type Places = { readonly data: string; readonly lake: string; readonly log: string }

/**
 * What a start of a data folder would compare declarations with; undefined where it remembers nothing.
 *
 * @throws `corrupt_data`
 */
export async function readStored({ data, lake, log }: Places): Promise<Stored | undefined> {
  const before = await readDeclarations(data)
  if (before === undefined) return undefined
  // A damaged ledger is named, and repaired, where ledgers are: what the lake holds still speaks here.
  const ledger = await loadLedger(log).catch(ifDamaged)
  const epochs = ledger?.epochs.values().toArray() ?? []
  const counted = epochs.flatMap(({ accepted }) => [...accepted.keys()])
  return { before, hasEvents: eventsIn(lake, counted) }
}

/**
 * What stored events of a data folder could not be under these declarations, as a start would say it: none
 * where it remembers nothing.
 *
 * @throws `corrupt_data`
 */
export async function storedProblems(
  places: Places,
  pipeline: Pipeline,
): Promise<readonly Incompatibility[] | undefined> {
  const stored = await readStored(places)
  return stored && historyProblems(stored.before, pipeline, stored.hasEvents)
}

function ifDamaged(error: unknown): undefined {
  if (error instanceof TributaryError && error.code === 'corrupt_data') return undefined
  throw error
}

/** @throws TributaryError `invalid_declaration`, as a start of the folder would */
export async function requireReadable(folder: {
  readonly data: string
  readonly paths: { readonly lake: string; readonly log: string }
  readonly pipeline: Pipeline
}): Promise<void> {
  const { data, paths, pipeline } = folder
  const found = (await storedProblems({ data, ...paths }, pipeline)) ?? []
  if (found.length > 0) throw refusal(data, found)
}

/** Whether the lake of a data folder, or the log by its counts, has events of a type. */
export function eventsIn(lake: string, counted: Iterable<string>): HasEvents {
  const inLog = new Set(counted)
  const isFilled = (folder: string) => existsSync(folder) && readdirSync(folder).length > 0
  return type =>
    inLog.has(type) || [rawOfType(type), curatedOfType(type)].some(each => isFilled(join(lake, each)))
}

/**
 * Compares the declarations with those that the data folder last ran with, and remembers them. A folder of an
 * earlier version remembers nothing: there the columns of its newest curated data say what was.
 *
 * @param counted types of which the log has events
 * @returns what changes do that are taken
 * @throws TributaryError `invalid_declaration`: every field that stored events cannot have as it is declared
 */
export async function settleDeclarations(
  data: string,
  lake: string,
  pipeline: Pipeline,
  counted: Iterable<string>,
): Promise<readonly ChangeNotice[]> {
  const before = (await readDeclarations(data)) ?? (await declaredInLake(lake, pipeline))
  const hasEvents = eventsIn(lake, counted)
  const found = historyProblems(before, pipeline, hasEvents)
  if (found.length > 0) throw refusal(data, found)
  const text = withCheck(JSON.stringify(remember(before, pipeline, hasEvents)))
  await replaceFile(declarationsPath(data), aside => writeFile(aside, text))
  return changeNotices(before, pipeline, hasEvents)
}

function refusal(data: string, found: readonly Incompatibility[]): TributaryError {
  const named = found.map(({ type, field, problem }) => `contract ${type}: field "${field}" ${problem}`)
  return new TributaryError(
    'invalid_declaration',
    `${named.join('. ')}. All events of a type are read as its newest version declares them, those that are ` +
      `stored too; to begin without them, set TRIBUTARY_DATA to another folder than ${data}`,
  )
}
