import {
  type DynamoDBClient,
  GetItemCommand,
  type BatchExecuteStatementCommandOutput as Output,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Markers } from '../../../../core/ports/markers.ts'
import {
  createDynamodbMarkers,
  type DynamodbMarkersOptions,
} from '../../../../drivers/markers/dynamodb/dynamodb.ts'
import { markerId } from '../../../../drivers/markers/dynamodb/marker.ts'
import { claim, describeMarkers } from '../../../contracts/markers.ts'
import { type AwsCall, awsFault, intercept } from '../../../engines/aws-faults.ts'
import { describeOnDynamodb } from '../../../engines/dynamodb.ts'

const HOUR = 3_600_000
type Statements = { readonly Statements: readonly unknown[] }

/** An emulator may delete what has expired by its own clock; the tests' epochs lie in the past. */
const LAG = 10 * 365 * 24 * HOUR

describeOnDynamodb('markers on DynamoDB', dynamodb => {
  describeMarkers('the DynamoDB table', async settings => {
    const table = await dynamodb.createTable('markers')
    const markers = createDynamodbMarkers({ client: dynamodb.client, table, lagMs: LAG, ...settings })
    return { markers, dispose: async () => {} }
  })

  let table: string
  beforeEach(async () => {
    table = await dynamodb.createTable('markers')
  })
  const open = (client: DynamoDBClient, options: Partial<DynamodbMarkersOptions> = {}): Markers =>
    createDynamodbMarkers({
      client,
      table,
      horizon: 3,
      epochLength: HOUR,
      lagMs: LAG,
      timeoutMs: 20_000,
      ...options,
    })
  const faulty = (fault: (call: AwsCall) => Promise<unknown>, options?: Partial<DynamodbMarkersOptions>) =>
    open(intercept(dynamodb.newClient(), fault), options)
  const claims = (count: number, record = 1) =>
    Array.from({ length: count }, (_, i) => claim(`id-${i}`, record, i))
  const all = (verdict: string, count: number) => Array.from({ length: count }, () => verdict)

  test('an item is small, and is kept as long as its claim can be asked for by a consumer that lags', async () => {
    const made = claim('org.example.thing\u001furn:shop\u001fa', 1)
    await open(dynamodb.client, { lagMs: 5_000 }).claim([made])
    const { Item } = await dynamodb.client.send(
      new GetItemCommand({ TableName: table, Key: { pk: { S: markerId(made.key) } }, ConsistentRead: true }),
    )
    expect(JSON.stringify(Item).length).toBeLessThan(250)
    expect(Item!['expires']!.N).toBe(String((made.epoch + 4 * HOUR + 5_000) / 1000))
  })

  test('a marker that the table has not deleted yet after its horizon is taken over once, by one of many callers', async () => {
    const markers = open(dynamodb.client)
    await markers.claim([claim('a', 1)])
    const calls = Array.from({ length: 8 }, (_, i) =>
      open(dynamodb.client).claim([claim('a', i + 10, 0, 4), claim('b', i + 10, 1, 4)]),
    )
    const verdicts = await Promise.all(calls)
    for (const place of [0, 1])
      expect(verdicts.map(each => each[place]).sort()).toEqual([...all('duplicate', 7), 'first'])
  })

  test('an id that is in one call before and after its horizon is first twice', async () => {
    const verdicts = await open(dynamodb.client).claim([
      claim('a', 1),
      claim('a', 2, 0, 3),
      claim('a', 3, 0, 4),
      claim('a', 4, 0, 4),
    ])
    expect(verdicts).toEqual(['first', 'duplicate', 'first', 'duplicate'])
  })

  test('callers of a thousand shared ids share the firsts without one twice', async () => {
    const calls = Array.from({ length: 4 }, (_, i) => open(dynamodb.newClient()).claim(claims(1_000, i + 1)))
    const verdicts = await Promise.all(calls)
    for (let place = 0; place < 1_000; place += 1)
      expect(verdicts.filter(each => each[place] === 'first')).toHaveLength(1)
  })

  test('a thousand copies of one id in a call cost one marker, and one for each duplicate receipt', async () => {
    const copies = Array.from({ length: 1_000 }, (_, i) => claim('a', i + 1))
    expect(await open(dynamodb.client).claim(copies)).toEqual(['first', ...all('duplicate', 999)])
    const { Count } = await dynamodb.client.send(
      new ScanCommand({ TableName: table, Select: 'COUNT', ConsistentRead: true }),
    )
    expect(Count).toBe(1_000)
  })

  describe('when the table fails for a moment', () => {
    /** Fails every call of a command the first `times` times. */
    const failing = (command: string, times: number, fail: (call: AwsCall) => Promise<unknown>) => {
      let left = times
      return (call: AwsCall) => (call.command === command && left-- > 0 ? fail(call) : call.send())
    }

    test.each([
      ['is throttled', 'ThrottlingException', 400],
      ['is over its capacity', 'ProvisionedThroughputExceededException', 400],
      ['fails inside', 'InternalServerError', 500],
    ])('a request that %s is sent again', async (_title, name, status) => {
      const fail = async () => {
        throw awsFault(name, status)
      }
      const markers = faulty(failing('BatchExecuteStatementCommand', 3, fail))
      expect(await markers.claim(claims(60))).toEqual(all('first', 60))
    })

    test.each([
      'ThrottlingError',
      'ProvisionedThroughputExceeded',
      'InternalServerError',
      'TransactionConflict',
    ])('only the statements that failed with %s are sent again', async Code => {
      const sent: number[] = []
      const markers = faulty(async ({ input, send }) => {
        const { Statements } = input as Statements
        sent.push(Statements.length)
        if (sent.length > 1) return send()
        const output = (await send({ Statements: Statements.slice(0, 20) })) as Output
        const Responses = [...output.Responses!, ...Statements.slice(20).map(() => ({ Error: { Code } }))]
        return { ...output, Responses }
      })
      expect(await markers.claim(claims(25))).toEqual(all('first', 25))
      expect(sent).toEqual([25, 5])
    })

    test('a statement about which the answer says nothing is sent again', async () => {
      const cut = async ({ send }: AwsCall) => {
        const output = (await send()) as Output
        return { ...output, Responses: output.Responses!.slice(0, 3) }
      }
      const markers = faulty(failing('BatchExecuteStatementCommand', 1, cut))
      expect(await markers.claim(claims(5))).toEqual([...all('first', 3), ...all('redelivery', 2)])
    })

    test('claims whose answer was lost are redeliveries, which count as what came first', async () => {
      const lose = async ({ send }: AwsCall) => {
        await send()
        throw awsFault('TimeoutError')
      }
      const markers = faulty(failing('BatchExecuteStatementCommand', 1, lose))
      const verdicts = await markers.claim([...claims(3), claim('id-0', 2)])
      expect(verdicts).toEqual(['redelivery', 'redelivery', 'redelivery', 'duplicate'])
      const replacing = faulty(failing('PutItemCommand', 1, lose))
      expect(await replacing.claim([claim('id-0', 9, 0, 4)])).toEqual(['redelivery'])
    })

    test('unprocessed keys of a read are read again', async () => {
      await open(dynamodb.client).claim(claims(120))
      const fail = async () => ({
        Responses: {},
        UnprocessedKeys: { [table]: { Keys: claims(5).map(({ key }) => ({ pk: { S: markerId(key) } })) } },
      })
      const reads: AwsCall[] = []
      const markers = faulty(async call => {
        if (call.command === 'BatchGetItemCommand') reads.push(call)
        return call.send()
      })
      expect(await markers.claim(claims(120))).toEqual(all('redelivery', 120))
      expect(reads).toHaveLength(2)
      const unprocessed = faulty(failing('BatchGetItemCommand', 1, fail))
      expect(await unprocessed.claim(claims(5))).toEqual(all('redelivery', 5))
    })

    test('a duplicate that the answer shows is not read', async () => {
      await open(dynamodb.client).claim(claims(2))
      const markers = faulty(async ({ command, send }) => {
        expect(command).toBe('BatchExecuteStatementCommand')
        const output = (await send()) as Output
        const item = { epoch: { N: String(claim('', 1).epoch) }, receipt: { S: '1-0' } }
        const Item = { ...item, at: { S: `${claim('', 1).sequence}#0` } }
        return {
          ...output,
          Responses: output.Responses!.map(each => (each.Error ? { Error: { ...each.Error, Item } } : each)),
        }
      })
      expect(await markers.claim([claim('id-0', 1)])).toEqual(['redelivery'])
    })

    test('a marker that was deleted between the two requests is claimed anew', async () => {
      await open(dynamodb.client).claim(claims(1))
      let reads = 0
      const markers = faulty(async ({ command, send }) => {
        if (command !== 'BatchGetItemCommand') return send()
        return reads++ === 0 ? { Responses: { [table]: [] } } : send()
      })
      expect(await markers.claim(claims(1))).toEqual(['redelivery'])
      expect(reads).toBe(2)
    })
  })

  describe('when the table goes on failing', () => {
    test.each([
      ['ThrottlingException', 'overloaded'],
      ['TimeoutError', 'timeout'],
      ['InternalServerError', 'unavailable'],
    ])('%s for longer than a call may take is %s, and can be tried again', async (name, code) => {
      const markers = faulty(
        async () => {
          throw awsFault(name)
        },
        { timeoutMs: 300 },
      )
      const begun = performance.now()
      await expect(markers.claim(claims(30))).rejects.toMatchObject({ code, retryable: true })
      expect(performance.now() - begun).toBeLessThan(2_000)
    })

    test('throttled statements are overloaded in the end; what was claimed stays claimed', async () => {
      const throttle = async ({ send }: AwsCall) => {
        const output = (await send()) as Output
        return { ...output, Responses: output.Responses!.map(() => ({ Error: { Code: 'ThrottlingError' } })) }
      }
      await expect(faulty(throttle, { timeoutMs: 300 }).claim(claims(3))).rejects.toMatchObject({
        code: 'overloaded',
      })
      expect(await open(dynamodb.client).claim(claims(3))).toEqual(all('redelivery', 3))
    })

    test('a call without an answer ends with its time', async () => {
      const markers = open(dynamodb.newClient(), { timeoutMs: 1 })
      await expect(markers.claim(claims(2_000))).rejects.toMatchObject({ retryable: true })
    })

    test('a missing permission or table is no matter of trying again here, but of the next delivery', async () => {
      const denied = faulty(async () => {
        throw awsFault('AccessDeniedException', 400)
      })
      await expect(denied.claim(claims(1))).rejects.toMatchObject({ code: 'storage_failed', retryable: true })
      const none = createDynamodbMarkers({
        client: dynamodb.client,
        table: 'none',
        horizon: 1,
        epochLength: HOUR,
      })
      await expect(none.claim(claims(1))).rejects.toMatchObject({ code: 'storage_failed' })
    })
  })

  test('a setting that cannot work is refused', () => {
    expect(() => open(dynamodb.client, { horizon: -1 })).toThrow(/horizon/)
    expect(() => open(dynamodb.client, { concurrency: 0 })).toThrow(/concurrency/)
  })
})
