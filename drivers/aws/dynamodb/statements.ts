import {
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
} from '@aws-sdk/client-dynamodb'
import { chunked } from '../chunked.ts'
import { awsError, type FailureKind, kindOfName, passes } from '../errors.ts'
import { inParallel } from '../in-parallel.ts'
import { pauseBefore } from '../retry.ts'
import type { WriteOutcome } from './items.ts'
import { type Access, calling, outOfTime, WIDTH } from './table.ts'

/** Most statements of a BatchExecuteStatement (DynamoDB's API reference). */
const MAX_STATEMENTS = 25

/** Codes of a statement whose condition did not hold. */
const CONFLICTS: ReadonlySet<string> = new Set(['ConditionalCheckFailed', 'DuplicateItem'])

/**
 * Runs conditional statements, 25 a call, each atomic by itself; positional. One call of 25 costs an eighth
 * of the processor time of 25 conditional puts, and the same write units.
 *
 * A statement may be run twice, when an answer is lost or tells of a failure inside: its condition then did
 * not hold though it took effect.
 */
export async function runStatements(
  access: Access,
  statements: readonly BatchStatementRequest[],
): Promise<readonly WriteOutcome[]> {
  const outcomes: WriteOutcome[] = []
  const places = chunked([...statements.keys()], MAX_STATEMENTS)
  await inParallel(places, access.width ?? WIDTH, async chunk => {
    let open = chunk
    for (let failures = 0; open.length > 0; failures++) {
      if (failures > 0 && !(await pauseBefore(failures - 1, access.timeLeft)))
        throw outOfTime(access, 'take conditional writes')
      const responses = await run(
        access,
        open.map(place => statements[place]!),
      )
      open = open.filter((place, i) => {
        const outcome = outcomeOf(access, responses[i])
        if (outcome !== undefined) outcomes[place] = outcome
        return outcome === undefined
      })
    }
  })
  return outcomes
}

async function run(
  access: Access,
  Statements: BatchStatementRequest[],
): Promise<readonly BatchStatementResponse[]> {
  const command = new BatchExecuteStatementCommand({ Statements })
  const { Responses } = await calling(access, 'write to', abortSignal =>
    access.client.send(command, { abortSignal }),
  )
  return Responses ?? []
}

/**
 * Undefined: the statement has to be run again. No word about one says nothing: the next attempt finds out.
 */
function outcomeOf(
  { table }: Access,
  response: BatchStatementResponse | undefined,
): WriteOutcome | undefined {
  const code = response?.Error?.Code
  if (response !== undefined && code === undefined) return { held: true }
  if (code !== undefined && CONFLICTS.has(code)) return { held: false, item: response?.Error?.Item }
  const kind = code === undefined ? 'transient' : kindOfCode(code)
  if (kind !== undefined && passes(kind)) return undefined
  throw awsError(
    Object.assign(new Error(response?.Error?.Message), { name: code }),
    `write to table ${table}`,
  )
}

/** Codes are names of exceptions, some without their ending. */
function kindOfCode(code: string): FailureKind | undefined {
  if (code === 'TransactionConflict') return 'transient'
  return kindOfName(code) ?? kindOfName(`${code}Exception`)
}
