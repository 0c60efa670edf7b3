import { type AttributeValue, ScanCommand } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { createDynamodbRuns, type DynamodbRuns } from '../../../../drivers/runs/dynamodb/dynamodb.ts'
import { partsOfReport, reportOfParts } from '../../../../drivers/runs/dynamodb/report.ts'
import { aRun, runsContract } from '../../../contracts/runs.ts'
import { awsFault, intercept } from '../../../engines/aws-faults.ts'
import { describeOnDynamodb } from '../../../engines/dynamodb.ts'

/** An emulator may delete what has expired by its own clock; some of the tests' runs lie in 1970. */
const KEEP = 200 * 365 * 86_400_000

describeOnDynamodb('the record of runs on DynamoDB', dynamodb => {
  let table: string
  let runs: DynamodbRuns
  /** Before any run of the tests would be forgotten. */
  const now = () => 2000
  const items = async () => {
    const { Items = [] } = await dynamodb.client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true }),
    )
    return Items as Record<string, AttributeValue>[]
  }
  const fresh = async () => {
    table = await dynamodb.createTable('control')
    return createDynamodbRuns({ client: dynamodb.client, table, now, keepMs: KEEP })
  }
  beforeEach(async () => {
    runs = await fresh()
  })

  describe('is an engine of the port, which', () => runsContract(fresh, { forgets: 'by age' }))

  describe('while a run goes on', () => {
    const started = Date.UTC(2126, 0, 1)
    const opening = { id: 'r1', machine: 'batch', startedAt: started }

    test('states and reports of its tasks come together, however often and in whatever order they are written', async () => {
      await runs.open(opening)
      const states = [1, 2, 3].map(i => ({ name: `S${i}`, enteredAt: started + i }))
      await Promise.all([...states, ...states].reverse().map(state => runs.entered('r1', state)))
      const reports = Array.from({ length: 8 }, (_, i) => ({
        epochs: { '20261101T000000Z': { refined: { [`t${i}`]: { raw: i, curated: i } } } },
      }))
      await Promise.all([...reports, ...reports].map(report => runs.report('r1', report)))
      await runs.report('r1', { more: false, unknownTypes: ['a'], rebuilt: { records: 3 } })
      const run = await runs.get('r1')
      expect(run).toMatchObject({ ...opening, status: 'running', states })
      expect(Object.keys(run!.report)).toEqual(['epochs', 'more', 'rebuilt', 'unknownTypes'])
      expect(
        (run!.report['epochs'] as Record<string, { refined: object }>)['20261101T000000Z']!.refined,
      ).toEqual(Object.fromEntries(reports.map((_, i) => [`t${i}`, { raw: i, curated: i }])))
    })

    test('opening it again leaves it as it is, also after its end', async () => {
      await runs.open(opening)
      await runs.report('r1', { more: false })
      await runs.close(aRun('r1', { startedAt: started, endedAt: started + 9, status: 'succeeded' }))
      await runs.open({ ...opening, startedAt: started + 5 })
      expect(await runs.get('r1')).toMatchObject({ status: 'succeeded', report: { more: false } })
      expect(await runs.list(10)).toHaveLength(1)
    })

    test('what a run that is not opened yet reports is not lost', async () => {
      await runs.report('r1', { more: true })
      expect(await runs.get('r1')).toBeUndefined()
      await runs.open(opening)
      expect((await runs.get('r1'))!.report).toEqual({ more: true })
    })
  })

  test('a report of 500 epochs is kept whole', async () => {
    const detail = { ok: true, types: { t: { raw: 1 } }, metrics: 'x'.repeat(1500) }
    for (let from = 0; from < 500; from += 50)
      await runs.report('r1', {
        epochs: Object.fromEntries(
          Array.from({ length: 50 }, (_, i) => [
            `e${String(from + i).padStart(3, '0')}`,
            { reconciliation: detail },
          ]),
        ),
      })
    await runs.open({ id: 'r1', machine: 'batch', startedAt: Date.UTC(2126, 0, 1) })
    const { epochs } = (await runs.get('r1'))!.report as { epochs: object }
    expect(Object.keys(epochs)).toHaveLength(500)
    expect(Object.values(epochs)[499]).toEqual({ reconciliation: detail })
  })

  test('a report of more than 4 MB is shown in part, and says so', async () => {
    const large = 'x'.repeat(30_000)
    for (let i = 0; i < 140; i++)
      await runs.report('r1', { epochs: { [`e${String(i).padStart(3, '0')}`]: { large } } })
    await runs.open({ id: 'r1', machine: 'batch', startedAt: Date.UTC(2126, 0, 1) })
    const { epochs, cut } = (await runs.get('r1'))!.report as { epochs: object; cut: string }
    expect(Object.keys(epochs)[0]).toBe('e000')
    expect(Object.keys(epochs).length).toBeLessThan(140)
    expect(cut).toMatch(/more than 4000000 bytes/)
  })

  test('a value that is too long, and what an item takes no more, is cut and not the end of the run', async () => {
    await runs.open({ id: 'r1', machine: 'batch', startedAt: Date.UTC(2126, 0, 1) })
    await runs.report('r1', { epochs: { e1: { long: 'x'.repeat(40_000) } } })
    for (let i = 0; i < 16; i++)
      await runs.report('r1', { epochs: { e1: { [`m${i}`]: 'x'.repeat(30_000) } } })
    const { e1 } = (await runs.get('r1'))!.report['epochs'] as { e1: Record<string, { cut?: string }> }
    expect(e1['long']).toEqual({ cut: '40002 bytes are more than the record of a run keeps' })
    expect(e1['m0']).toHaveLength(30_000)
    expect(e1['m15']).toEqual({ cut: '30002 bytes are more than the record of a run keeps' })
  })

  test('keeps the first 50 and the last 450 states of a long run', async () => {
    const startedAt = Date.UTC(2126, 0, 1)
    await runs.open({ id: 'r1', machine: 'batch', startedAt })
    const enter = (i: number) => runs.entered('r1', { name: `S${i}`, enteredAt: startedAt + i })
    for (let i = 0; i < 700; i += 20) await Promise.all(Array.from({ length: 20 }, (_, j) => enter(i + j)))
    const { states } = (await runs.get('r1'))!
    expect(states).toHaveLength(500)
    expect([states[0], states[49], states[50], states[499]].map(state => state!.name)).toEqual([
      'S0',
      'S49',
      'S250',
      'S699',
    ])
  })

  test('an ended run goes 90 days after its end, and is not listed once that time has come', async () => {
    const endedAt = Date.UTC(2026, 0, 1)
    const at = (instant: number) => createDynamodbRuns({ client: dynamodb.client, table, now: () => instant })
    const day = 86_400_000
    await at(endedAt).put(aRun('r2', { startedAt: Date.UTC(2226, 0, 1), endedAt: Date.UTC(2126, 0, 1) }))
    const expiries = (await items()).map(item => Number(item['expires']?.N))
    expect(new Set(expiries)).toEqual(new Set([Date.UTC(2126, 0, 1) / 1000 + 90 * 86_400]))
    expect(await at(Date.UTC(2126, 0, 1) + 89 * day).list(10)).toHaveLength(1)
    expect(await at(Date.UTC(2126, 0, 1) + 91 * day).list(10)).toHaveLength(0)
  })

  test('rides out throttles, and tells what it could not write', async () => {
    let failures = 3
    const client = intercept(dynamodb.newClient(), async call => {
      if (failures-- > 0) throw awsFault('ProvisionedThroughputExceededException', 400)
      return call.send()
    })
    const shaky = createDynamodbRuns({ client, table, now, keepMs: KEEP })
    await shaky.put(aRun('r1'))
    expect(await runs.get('r1')).toEqual(aRun('r1'))
    failures = 1000
    const impatient = createDynamodbRuns({ client, table, now, timeoutMs: 100 })
    await expect(impatient.report('r1', { more: true })).rejects.toMatchObject({
      code: 'overloaded',
      message: `AWS did not write the record of runs in table ${table} (ProvisionedThroughputExceededException)`,
    })
  })
})

describe('the parts of a report', () => {
  const key = fc.oneof(fc.constantFrom('epochs', 'a', 'b', '__proto__', ''), fc.string({ maxLength: 5 }))
  const { tree } = fc.letrec<{ tree: unknown }>(tie => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(fc.integer(), fc.constant(null), fc.boolean(), fc.array(fc.integer(), { maxLength: 2 })),
      fc.dictionary(key, tie('tree'), { maxKeys: 3 }),
    ),
  }))

  test('make the same report again', () => {
    fc.assert(
      fc.property(fc.dictionary(key, tree), report => {
        const wire = JSON.parse(JSON.stringify(report)) as Record<string, unknown>
        expect(reportOfParts(partsOfReport(wire))).toEqual(wire)
      }),
    )
  })
})
