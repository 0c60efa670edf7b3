import type { Field } from '../../../core/data/fields.ts'
import { pathInstant } from '../../../core/data/time.ts'
import type { Contract } from '../../../core/declare/pipeline.ts'
import { TributaryError } from '../../../core/errors.ts'
import { compileUnreadable, type Unreadable } from '../../../core/event/unreadable.ts'
import type { TypePlace } from '../../../core/lake/relation.ts'
import type { LakeRow, LakeSession } from '../../../core/ports/lake-engine.ts'
import type { LakeObject } from '../../../core/ports/lake-folder.ts'
import type { Dialect } from '../../../core/sql/dialect.ts'
import { query } from '../../../core/sql/query.ts'

/** Most lines that are looked at, so that a run which fails does not take long for it. */
const MOST_LINES = 1_000_000

/** Raw lines that could not be read as typed rows. */
export type FailedLines = {
  readonly contract: Contract
  readonly target: TypePlace
  readonly sources: readonly LakeObject[]
}

/**
 * The failure of a part whose lines the engine could not read as they are declared, with the first field at
 * fault, its file and receipt, and the remedy: a field that is declared while stored events have it already,
 * as something else. Any other failure comes back as it is.
 */
export async function nameUnreadable(
  dialect: Dialect,
  session: LakeSession,
  failed: FailedLines,
  failure: unknown,
): Promise<unknown> {
  if (!(failure instanceof TributaryError) || failure.code !== 'corrupt_data') return failure
  try {
    const found = await findUnreadable(dialect, session, failed)
    return found === undefined ? failure : told(failed, found, failure)
  } catch {
    // What it was about is what counts: lines that are no JSON cannot be read here either.
    return failure
  }
}

type Found = Unreadable & { readonly file: string; readonly receipt: string }

async function findUnreadable(
  dialect: Dialect,
  session: LakeSession,
  { contract, target, sources }: FailedLines,
): Promise<Found | undefined> {
  const keys = [...new Set(contract.fields.map(({ path }) => path[0]!))]
  const leaves = keys.map((key, i) => ({ field: asJson(contract.fields[0]!, key), alias: `f${i}` }))
  const columns = leaves.map(({ alias }) => `${dialect.asText(alias)} AS ${alias}`).join(', ')
  const find = compileUnreadable(contract.fields)
  let left = MOST_LINES
  for (const { path } of sources) {
    const raw = { ...target, kind: 'raw', parts: [path] } as const
    const lines = query`SELECT receipt, ${columns} FROM ${dialect.raw(raw, { leaves, presence: [] })} AS r`
    for await (const rows of session.stream(lines)) {
      for (const row of rows) {
        const found = find(dataOf(keys, row))
        if (found !== undefined) return { ...found, file: path, receipt: String(row['receipt']) }
      }
      left -= rows.length
      if (left <= 0) return undefined
    }
  }
  return undefined
}

/** A key of the data, read as whatever it holds. */
function asJson(field: Field, key: string): Field {
  return { ...field, path: [key], name: key, kind: 'json', scale: undefined }
}

/** What is missing and what is null are alike here: both could be read. */
function dataOf(keys: readonly string[], row: LakeRow): object {
  return Object.fromEntries(
    keys.flatMap((key, i) => {
      const text = row[`f${i}`] ?? null
      const value: unknown = text === null ? null : JSON.parse(String(text))
      return value === null ? [] : [[key, value]]
    }),
  )
}

function told(
  { contract, target }: FailedLines,
  { path, found, declared, isOutOfRange, file, receipt }: Found,
  cause: TributaryError,
): TributaryError {
  const value = `${found}${isOutOfRange ? ' that is too large' : ''}`
  return new TributaryError(
    'corrupt_data',
    `${target.type} in the epoch ${pathInstant(target.epoch)}: field "${path.join('.')}" is ${value} in a stored event, ` +
      `and version ${contract.version} declares it as ${declared}; declare it under another name, or in a new type, ` +
      `and the next run goes on (receipt ${receipt}, ${file})`,
    { cause },
  )
}
