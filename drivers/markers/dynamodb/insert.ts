import { BatchExecuteStatementCommand, type BatchStatementError } from '@aws-sdk/client-dynamodb'
import { chunked } from '../../aws/chunked.ts'
import { awsError, kindOfName, passes } from '../../aws/errors.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import { pauseBefore, retrying, type TimeLeft } from '../../aws/retry.ts'
import { MARKER_ATTRIBUTES, markerValues, readMarker } from './marker.ts'
import { readStanding } from './read.ts'
import { type MarkersTable, type Named, type Outcome, overloaded } from './table.ts'

/** Most statements of a BatchExecuteStatement (DynamoDB's API reference). */
const MAX_STATEMENTS = 25

/**
 * Stores markers that are not there yet, each on its own: one write unit a marker, in 25 a request, which takes a tenth of
 * the processor time of single puts. Keys must differ.
 */
export async function insertMarkers(
  table: MarkersTable,
  markers: readonly Named[],
  timeLeft: TimeLeft,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  const unread: Named[] = []
  let open = markers
  for (let failures = 0; open.length > 0; failures += 1) {
    if (failures > 0 && !(await pauseBefore(failures - 1, timeLeft))) throw overloaded(table, open.length)
    const again: Named[] = []
    await inParallel(chunked(open, MAX_STATEMENTS), table.concurrency, async chunk => {
      const errors = await sendInserts(table, chunk, timeLeft)
      chunk.forEach((each, i) => {
        const error = errors[i]
        if (error === undefined) outcomes.set(each.id, { kind: 'made' })
        else if (error.Code !== 'DuplicateItem') again.push(retryable(error, each, table))
        else if (error.Item === undefined) unread.push(each)
        else outcomes.set(each.id, { kind: 'stands', marker: readMarker(error.Item) })
      })
    })
    open = again
  }
  await readStanding(table, unread, timeLeft, outcomes)
  return outcomes
}

async function sendInserts(
  { client, table, expires }: MarkersTable,
  chunk: readonly Named[],
  timeLeft: TimeLeft,
): Promise<readonly (BatchStatementError | undefined)[]> {
  const Statement = `INSERT INTO "${table}" VALUE {${MARKER_ATTRIBUTES.map(name => `'${name}': ?`).join(', ')}}`
  const command = new BatchExecuteStatementCommand({
    Statements: chunk.map(({ id, marker }) => ({
      Statement,
      Parameters: markerValues(id, marker, expires(marker.epoch)),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })),
  })
  const what = `insert markers into table ${table}`
  const { Responses } = await retrying(abortSignal => client.send(command, { abortSignal }), {
    what,
    timeLeft,
  })
  return chunk.map((_, i) => {
    const response = Responses?.[i]
    // No word about a statement says nothing about its marker: the next attempt finds out.
    return response === undefined ? { Code: 'InternalServerError' } : response.Error
  })
}

/** A statement's failure that passes; anything else ends the call. */
function retryable({ Code, Message }: BatchStatementError, each: Named, { table }: MarkersTable): Named {
  if (Code === 'ProvisionedThroughputExceeded' || Code === 'TransactionConflict') return each
  const kind = kindOfName(Code ?? '')
  if (kind !== undefined && passes(kind)) return each
  throw awsError(
    Object.assign(new Error(Message), { name: Code ?? 'no code' }),
    `insert a marker into table ${table}`,
  )
}
