import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import type { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import Type from 'typebox'
import { type CellValues, parseCell } from '../../core/cells/cells.ts'
import { padSequence } from '../../core/data/position.ts'
import { defineContract } from '../../core/declare/contract.ts'
import { count, sum } from '../../core/declare/measures.ts'
import { defineMetric } from '../../core/declare/metric.ts'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import { compilePipeline } from '../../core/declare/pipeline.ts'
import { dataIn, partialsFolder, staged } from '../../core/lake/lake-paths.ts'
import { GROUP_COLUMN, WINDOW_COLUMN } from '../../core/sql/aggregate.ts'
import { query } from '../../core/sql/query.ts'
import type { Attributes } from '../../drivers/aws/dynamodb/table.ts'
import { openFolderLake } from '../../drivers/compose/folder-lake.ts'
import { engineShare } from '../../drivers/lake/duckdb/function-size.ts'
import { lineOf, packBucket } from '../../drivers/views/dynamodb-real-time/bucket.ts'
import { instantText } from '../../drivers/views/dynamodb-real-time/layout.ts'
import { createDynamodbRealTimeViews } from '../../drivers/views/dynamodb-real-time/views.ts'
import { createCompare } from '../../steps/batch/reconcile/compare.ts'

/**
 * `node bench/lambda/compare-one.ts <keys> <metrics> <which>`: one comparison of a turn as the function
 * `reconcile` does it, of one metric of so many keys, in a process of its own as on AWS; prints what it took
 * as JSON. Pages of the table are made in memory as DynamoDB would give them; its own time, some 10 ms a
 * page, comes on top and is counted.
 */
const [KEYS, METRICS, WHICH] = process.argv.slice(2, 5).map(Number) as [number, number, number]
/** Of a new account (resources/params.yml). */
const MEMORY = 3008 * 2 ** 20
const EPOCH = Date.UTC(2026, 0, 1)
const GROUPS_OF_ITEM = 30
const ITEMS_OF_PAGE = 1_000
const SPREAD = 8
const PAGE_MS = 10

const contract = defineContract({
  ...{ type: 'com.example.order', version: 1, partitionBy: ['customer'], scale: 2 },
  data: Type.Object({ customer: Type.Integer(), amount: Type.Number() }),
})
const declarations = Array.from({ length: METRICS }, (_, i) =>
  defineMetric({
    ...{ name: `orders_by_customer_${i}`, type: contract.type, window: 'hour', by: ['customer'] },
    measures: { orders: count(), revenue: sum('amount') },
  }),
)
const pipeline = compilePipeline({
  contracts: [{ file: 'order.ts', declaration: contract }],
  metrics: declarations.map(declaration => ({ file: 'orders.ts', declaration })),
  schedules: [],
})
const metric = pipeline.metrics[WHICH]!

let pages = 0
const items = Math.ceil(KEYS / GROUPS_OF_ITEM)

/** Answers a Query as the table would. */
async function answer({ input }: QueryCommand) {
  const pk = input.ExpressionAttributeValues![':pk']!.S!
  if (pk.endsWith('|epochs')) return { Items: [directoryItem(pk)] }
  const spread = Number(pk.slice(pk.lastIndexOf('|') + 1))
  const from = Number(input.ExclusiveStartKey?.['n']?.N ?? spread)
  const to = Math.min(items, from + ITEMS_OF_PAGE * SPREAD)
  const found: Attributes[] = []
  for (let n = from; n < to; n += SPREAD) found.push(itemAt(pk, n))
  pages += 1
  return { Items: found, ...(to < items && { LastEvaluatedKey: { n: { N: String(to) } } }) }
}

function directoryItem(pk: string): Attributes {
  const number = (value: number) => ({ N: String(value) })
  const layout = { packTo: number(1024), groups: number(1000), spread: number(SPREAD) }
  return { pk: { S: pk }, sk: { S: instantText(EPOCH) }, ...layout }
}

function itemAt(pk: string, n: number): Attributes {
  const lines = new Map<string, string>()
  for (let key = n * GROUPS_OF_ITEM; key < Math.min(KEYS, (n + 1) * GROUPS_OF_ITEM); key++) {
    const group = `{"customer":${key}}`
    const position = {
      sequence: padSequence(`4959033827149025660855${969_253_836 + n}${key}`),
      index: key % 40,
    }
    const item = {
      id: '',
      metric: metric.id,
      group,
      window: EPOCH,
      epoch: EPOCH,
      lane: n % 8,
      position,
      cells: cellsOf(key),
    }
    lines.set(group, lineOf(metric.kinds, item))
  }
  const sk = `${instantText(EPOCH)}|${n.toString(2)}|${n % 8}`
  return { pk: { S: pk }, sk: { S: sk }, v: { S: 'version000' }, e: packBucket({ frozen: false, lines }) }
}

function cellsOf(key: number): CellValues {
  return metric.kinds.map(kind =>
    parseCell(kind, kind === 'count' ? String((key % 9) + 1) : `${(key % 1000) + 1}25`),
  )
}

/** The partials of the batch layer, with the very same cells. */
function partials() {
  const cells = metric.cells.map(({ kind, name }) => {
    const text = kind === 'count' ? '(i % 9 + 1)::VARCHAR' : "(i % 1000 + 1)::VARCHAR || '25'"
    return `${text} AS "${name}"`
  })
  return query`SELECT ${EPOCH}::BIGINT AS "${WINDOW_COLUMN}", '{"customer":' || i || '}' AS "${GROUP_COLUMN}", ${cells.join(', ')} FROM range(${KEYS}) AS r(i)`
}

const folder = await mkdtemp(join(tmpdir(), 'reconcile-'))
const { memoryLimit, threads } = engineShare(MEMORY)
const { lake, engine, close } = await openFolderLake({ folder: join(folder, 'lake'), memoryLimit, threads })
try {
  const path = dataIn(staged(partialsFolder(metric.id, EPOCH)))
  await engine.session(session => session.write(partials(), path, 'parquet'))
  const client = { send: answer } as unknown as DynamoDBClient
  const views = createDynamodbRealTimeViews({ client, table: 'real-time', shapes: metricShapes(pipeline) })
  const compare = createCompare({
    ...{ pipeline, lake, engine, speed: views, openEpoch: views.openEpoch, now: Date.now },
    holds: { list: async () => [], put: async () => undefined, release: async () => undefined },
    onHeld: () => undefined,
  })
  const item = { id: metric.id, epoch: EPOCH, mode: 'append', isAccepted: false, run: 'bench' } as const
  const [start, before] = [performance.now(), process.cpuUsage()]
  const { found } = await compare(item)
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - start + (pages * PAGE_MS) / 4) / 1000
  // Everything of this process, the making of pages included.
  const memory = process.resourceUsage().maxRSS / 1024
  process.stdout.write(JSON.stringify({ found, seconds, cpu: (user + system) / 1e6, memory, pages }))
} finally {
  close()
  await rm(folder, { recursive: true, force: true })
}
