import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { TributaryError } from '../../../core/errors.ts'
import type { Run } from '../../../core/ports/runs.ts'
import { chunked } from '../../aws/chunked.ts'
import { updateItem } from '../../aws/dynamodb/items.ts'
import { queryAll, queryItems } from '../../aws/dynamodb/query.ts'
import type { Access, Key } from '../../aws/dynamodb/table.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import { attributesOf, type Item, partitionOf, READ, REPORT, STATE, stateOf, WRITE } from './items.ts'
import { cut, partsOfReport, reportOfParts } from './report.ts'

/** States shown of a long run: the beginning and the end say more than the middle. */
const FIRST_STATES = 50
const LAST_STATES = 450
/**
 * Longest report that `get` gives, bytes of JSON: a Lambda function answers with 6 MB at most (AWS Lambda
 * quotas).
 */
const LONGEST_REPORT = 4_000_000
/** Parts of a report that are written at a time. */
const WRITERS = 10
/** Attributes of an expression, which ends at 4 KB. */
const ATTRIBUTES = 100

/** The control table, for one call: each has the same patience. */
export type RunTable = () => Access

/** Merges a report into what is kept of it. `expires`: seconds since 1970. */
export async function writeReport(
  table: RunTable,
  id: string,
  report: Run['report'],
  expires: number,
): Promise<void> {
  await inParallel(partsOfReport(report), WRITERS, ([part, values]) =>
    writePart(table, id, part, values, expires),
  )
}

async function writePart(
  table: RunTable,
  id: string,
  part: string,
  values: ReadonlyMap<string, string>,
  expires: number,
): Promise<void> {
  const key = { pk: partitionOf(id), sk: REPORT + part }
  const attributes = (texts: ReadonlyMap<string, string>): ReadonlyMap<string, AttributeValue> =>
    new Map<string, AttributeValue>([
      ...[...texts].map(([name, text]) => [name, { S: text }] as const),
      ['expires', { N: String(expires) }],
    ])
  try {
    await setAttributes(table, key, attributes(values))
  } catch (error) {
    if (!isItemFull(error)) throw error
    // What no item takes any more is left out, and said so; a run must not fail for the length of its report.
    await setAttributes(table, key, attributes(new Map([...values].map(([name, text]) => [name, cut(text)]))))
  }
}

/** Sets attributes of one item, of an expression's 4 KB as many at a time as fit; others stay. */
async function setAttributes(
  table: RunTable,
  key: Key,
  attributes: ReadonlyMap<string, AttributeValue>,
): Promise<void> {
  for (const some of chunked([...attributes], ATTRIBUTES)) {
    const update = {
      text: `SET ${some.map((_, i) => `#${i} = :${i}`).join(', ')}`,
      names: Object.fromEntries(some.map(([name], i) => [`#${i}`, name])),
      values: Object.fromEntries(some.map(([, value], i) => [`:${i}`, value])),
    }
    await updateItem(table(), key, update, WRITE)
  }
}

/** DynamoDB has no code of its own for an item over 400 KB. */
function isItemFull(error: unknown): boolean {
  const cause = error instanceof TributaryError ? error.cause : undefined
  return cause instanceof Error && cause.name === 'ValidationException' && /item size/i.test(cause.message)
}

/** The report of a run, its first 4 MB. */
export async function readReport(table: RunTable, id: string): Promise<Run['report']> {
  const parts = new Map<string, ReadonlyMap<string, string>>()
  let bytes = 0
  for await (const page of queryItems(table(), { pk: partitionOf(id), prefix: REPORT }, READ)) {
    for (const item of page) {
      const values = attributesOf(item)
      bytes += [...values].reduce((sum, [name, text]) => sum + name.length + Buffer.byteLength(text), 0)
      if (bytes > LONGEST_REPORT)
        return {
          ...reportOfParts(parts),
          cut: `the report has more than ${LONGEST_REPORT} bytes; the first are shown`,
        }
      parts.set(item['sk']!.S!.slice(REPORT.length), values)
    }
  }
  return reportOfParts(parts)
}

/** The states that tasks have noted. */
export async function statesOf(table: RunTable, id: string): Promise<Run['states']> {
  const range = { pk: partitionOf(id), prefix: STATE }
  const [first, last] = await Promise.all([
    queryAll(table(), { ...range, limit: FIRST_STATES }, READ),
    queryAll(table(), { ...range, limit: LAST_STATES, descending: true }, READ),
  ])
  const keys = new Set([...first, ...[...last].reverse()].map((item: Item) => item['sk']!.S!))
  return [...keys].map(stateOf)
}
