import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { TributaryError } from '../../../core/errors.ts'
import type { Run, RunJournal, Runs } from '../../../core/ports/runs.ts'
import { deleteItem, getItem, putItem } from '../../aws/dynamodb/items.ts'
import { queryAll } from '../../aws/dynamodb/query.ts'
import { keyAttributes, keyOf } from '../../aws/dynamodb/table.ts'
import { timeLeftOf } from '../../aws/retry.ts'
import {
  HEADS,
  type Head,
  headItem,
  headKey,
  headOf,
  POINTER,
  partitionOf,
  READ,
  REPORT,
  stateKey,
  WRITE,
} from './items.ts'
import { type RunTable, readReport, statesOf, writeReport } from './parts.ts'

export type DynamodbRunsOptions = {
  readonly client: DynamoDBClient
  /** The control table. */
  readonly table: string
  /** ms since 1970. */
  readonly now: () => number
  /** How long an ended run is kept, ms (90 days, as long as Step Functions keeps its history). */
  readonly keepMs?: number
  /** Patience with one call, ms (10,000). */
  readonly timeoutMs?: number
}

/** The record of runs, and what their tasks add to it. */
export type DynamodbRuns = Runs & RunJournal

const DAY = 86_400_000
/** A standard execution ends after a year (AWS Step Functions quotas), so nothing running is older. */
const LONGEST_RUN = 365 * DAY

/**
 * The record of runs in the control table. `list` shows runs by the time they started, without reports; ended
 * runs go by the table's time to live. A report is an item for each part of it (values over 32 KB are cut);
 * `get` gives 4 MB of it and says when there is more. `put` writes a run's items one after another: a reader
 * may see a part, and repeating it mends a crash.
 *
 * Errors: TributaryError as `awsError` gives them.
 *
 * @example
 * const runs = createDynamodbRuns({ client, table: 'tributary-dev-control', now: Date.now })
 */
export function createDynamodbRuns(options: DynamodbRunsOptions): DynamodbRuns {
  const { client, table: name, now, keepMs = 90 * DAY, timeoutMs = 10_000 } = options
  const table: RunTable = () => ({ client, table: name, timeLeft: timeLeftOf(timeoutMs) })
  const expiry = ({ startedAt, endedAt }: Pick<Run, 'startedAt' | 'endedAt'>) =>
    Math.ceil((endedAt === undefined ? startedAt + LONGEST_RUN + keepMs : endedAt + keepMs) / 1000)

  /**
   * Sort key of a run's head: by when it was first said to have started, so that a run has one head for ever.
   */
  const headKeyOf = async (id: string): Promise<string | undefined> =>
    (await getItem(table(), { pk: partitionOf(id), sk: POINTER }, READ))?.['at']?.S
  const writeHead = async (head: Head): Promise<void> => {
    const at = (await headKeyOf(head.id)) ?? headKey(head)
    const expires = expiry(head)
    // The head first: a pointer without a head would hide the run for good.
    await putItem(table(), headItem(at, head, expires), WRITE)
    const key = keyAttributes({ pk: partitionOf(head.id), sk: POINTER })
    await putItem(table(), { ...key, at: { S: at }, expires: { N: String(expires) } }, WRITE)
  }

  return {
    async put(run) {
      requireId(run.id)
      await writeHead(run)
      const pk = partitionOf(run.id)
      const before = await queryAll(table(), { pk, prefix: REPORT }, READ)
      for (const item of before) await deleteItem(table(), keyOf(item), WRITE)
      await writeReport(table, run.id, run.report, expiry(run))
    },
    async get(id) {
      if (!isId(id)) return undefined
      const at = await headKeyOf(id)
      const item = at === undefined ? undefined : await getItem(table(), { pk: HEADS, sk: at }, READ)
      if (item === undefined) return undefined
      const head = headOf(item)
      const [states, report] = await Promise.all([head.states ?? statesOf(table, id), readReport(table, id)])
      return { ...head, states, report }
    },
    async list(limit, after) {
      if (limit < 1) return []
      const before = after && ((await headKeyOf(after.id)) ?? headKey(after))
      const found = await queryAll(table(), { pk: HEADS, limit, descending: true, before }, READ)
      // The time to live deletes within days of its time.
      const heads = found.filter(item => Number(item['expires']?.N) * 1000 > now()).map(headOf)
      return heads.map(head => ({ ...head, states: head.states ?? [], report: {} }))
    },
    async open({ id, machine, startedAt }) {
      requireId(id)
      if ((await headKeyOf(id)) !== undefined) return
      await writeHead({ id, machine, startedAt, input: {}, status: 'running', states: undefined })
    },
    async entered(id, state) {
      requireId(id)
      const key = keyAttributes({ pk: partitionOf(id), sk: stateKey(state) })
      const expires = { N: String(expiry({ startedAt: state.enteredAt })) }
      await putItem(table(), { ...key, expires }, WRITE)
    },
    async report(id, report) {
      requireId(id)
      await writeReport(table, id, report, expiry({ startedAt: now() }))
    },
    async close(run) {
      requireId(run.id)
      await writeHead(run)
    },
  }
}

/** Step Functions names executions with up to 80 characters; other engines' ids may be longer. */
function isId(id: string): boolean {
  return id.length > 0 && id.length <= 200
}

function requireId(id: string): void {
  if (!isId(id)) throw new TributaryError('internal', `a run id has 1 to 200 characters, not ${id.length}`)
}
