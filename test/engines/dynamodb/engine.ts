import { batchExecuteStatement, batchGetItem, batchWriteItem } from './batches.ts'
import type { Context, Input, Throttle } from './context.ts'
import { createTable, describeTable, describeTimeToLive, updateTimeToLive } from './definitions.ts'
import { notKnown } from './errors.ts'
import { getItem, query, scan } from './reads.ts'
import { createStore, type Store } from './store.ts'
import { transactWriteItems } from './transactions.ts'
import { consumedCapacity, type Units } from './units.ts'
import { deleteOf, putOf, single, updateWriteOf } from './writes.ts'

type Operation = (context: Context, input: Input) => object

const OPERATIONS: Readonly<Record<string, Operation>> = {
  BatchExecuteStatement: batchExecuteStatement,
  BatchGetItem: batchGetItem,
  BatchWriteItem: batchWriteItem,
  CreateTable: createTable,
  DeleteItem: single(deleteOf),
  DescribeTable: describeTable,
  DescribeTimeToLive: describeTimeToLive,
  GetItem: getItem,
  PutItem: single(putOf),
  Query: query,
  Scan: scan,
  TransactWriteItems: transactWriteItems,
  UpdateItem: single(updateWriteOf),
  UpdateTimeToLive: updateTimeToLive,
}
/** Operations whose answer gives capacity by table, not of the one table. */
const MANY = /^(?:Batch|Transact)/

/** DynamoDB in memory, as strict as AWS documents it. */
export type DynamodbDouble = {
  readonly store: Store
  /** Answers a request in the shapes of the API's JSON. @throws DynamodbError as the service answers it */
  call(operation: string, input: Input): object
  /** From now on these parts of requests are throttled. */
  throttle(which: Throttle): void
}

export type DoubleOptions = {
  /** ms since 1970. */
  readonly now?: () => number
  /** How long reads that are not consistent do not see a write, ms (a second). */
  readonly staleMs?: number
  /** Told what each request took, those that fail too. */
  readonly onUse?: (operation: string, used: readonly Units[]) => void
}

/**
 * The double of DynamoDB that tests work on. Where documents leave a choice it takes the harder one: reads
 * that are not consistent are late, a page that ends at its limit always says that more may follow. What it
 * does not know it refuses by name. `semantics/` is the table of what it does, checked against emulators.
 */
export function createDynamodbDouble({
  now = Date.now,
  staleMs = 1000,
  onUse,
}: DoubleOptions = {}): DynamodbDouble {
  const store = createStore({ now, staleMs })
  let throttle: Throttle = () => false
  return {
    store,
    throttle: which => {
      throttle = which
    },
    call(operation, input) {
      const work = OPERATIONS[operation]
      if (work === undefined) throw notKnown(operation)
      const used: Units[] = []
      try {
        const output = work({ store, operation, used, now, throttle: asked => throttle(asked) }, input)
        const capacity = consumedCapacity(used, input['ReturnConsumedCapacity'])
        if (capacity === undefined) return output
        return { ...output, ConsumedCapacity: MANY.test(operation) ? capacity : capacity[0] }
      } finally {
        onUse?.(operation, used)
      }
    },
  }
}
