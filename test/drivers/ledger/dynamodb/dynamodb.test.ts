import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { beforeEach, describe, expect, test } from 'vitest'
import { tallyId } from '../../../../core/cells/tally.ts'
import { createDynamodbAcknowledgements } from '../../../../drivers/ledger/dynamodb/acknowledgements.ts'
import { createDynamodbRawDeliveries } from '../../../../drivers/ledger/dynamodb/deliveries.ts'
import { describeLedger, LEDGER_EPOCH as EPOCH } from '../../../contracts/ledger.ts'
import { type AwsCall, awsFault, intercept } from '../../../engines/aws-faults.ts'
import { describeOnDynamodb } from '../../../engines/dynamodb.ts'
import { CLOSE_AFTER, type DynamodbLedgerKit, KEEP, openLedgerKit, RAW_DELAY } from './kit.ts'

const HOUR = 3_600_000
const TYPE = 'page.view'

describeOnDynamodb('the ledger on DynamoDB', dynamodb => {
  describeLedger('the DynamoDB table', async ({ epochLength }) =>
    openLedgerKit(dynamodb.client, await dynamodb.createTable('control'), epochLength),
  )

  let table: string
  let kit: DynamodbLedgerKit
  beforeEach(async () => {
    table = await dynamodb.createTable('control')
    kit = openLedgerKit(dynamodb.client, table, HOUR)
  })
  const record = (count: number, epoch = EPOCH, type: string = TYPE) => ({ epoch, type, count })
  const container = (name: string, client: DynamoDBClient = dynamodb.client, timeoutMs = 5_000) =>
    createDynamodbAcknowledgements({
      client,
      table,
      epochLength: HOUR,
      keepMs: KEEP,
      container: name,
      timeoutMs,
    })
  const deliveries = (client = dynamodb.client) =>
    createDynamodbRawDeliveries({ client, table, epochLength: HOUR, keepMs: KEEP })
  const accepted = async (epoch = EPOCH) => (await kit.newLedger().epoch(epoch)).accepted
  const itemsOf = async (prefix: string) =>
    (await dynamodb.client.send(new ScanCommand({ TableName: table, ConsistentRead: true }))).Items!.filter(
      ({ pk }) => pk!.S!.startsWith(prefix),
    )

  describe('ingest', () => {
    test('a container has one item an epoch, however often it acknowledges', async () => {
      const one = container('one')
      for (let i = 0; i < 20; i += 1) await one.acknowledge([record(3), record(1, EPOCH, 'order.paid')])
      expect(await accepted()).toEqual({ [TYPE]: 60, 'order.paid': 20 })
      expect(await itemsOf('ledger#')).toHaveLength(1)
      expect(await itemsOf('ledger')).toHaveLength(2)
    })

    test('the totals of many containers add up', async () => {
      const each = Array.from({ length: 40 }, (_, i) => container(`c${i}`).acknowledge([record(i)]))
      await Promise.all(each)
      expect(await accepted()).toEqual({ [TYPE]: 780 })
      expect(new Set((await itemsOf('ledger#')).map(({ pk }) => pk!.S)).size).toBeGreaterThan(8)
    })

    test('a call costs one write, and one more in a new epoch', async () => {
      const commands: string[] = []
      const counting = intercept(dynamodb.newClient(), ({ command, send }) => {
        commands.push(command)
        return send()
      })
      const one = container('one', counting)
      await one.acknowledge([record(1), record(2), record(3, EPOCH, 'order.paid')])
      await one.acknowledge([record(4)])
      expect(commands).toEqual(Array(3).fill('PutItemCommand'))
    })

    test('a put that comes late does not take back what came after it', async () => {
      const held = Promise.withResolvers<void>()
      let puts = 0
      const client = intercept(dynamodb.newClient(), async ({ input, send }) => {
        if ('ConditionExpression' in input && puts++ === 0) await held.promise
        return send()
      })
      const one = container('one', client)
      const first = one.acknowledge([record(10)])
      await one.acknowledge([record(5)])
      held.resolve()
      await first
      expect(await accepted()).toEqual({ [TYPE]: 15 })
    })

    test('an epoch that comes back after others does not lose what was put of it before', async () => {
      const one = container('one')
      for (let i = 0; i < 8; i += 1) await one.acknowledge([record(1, EPOCH + i * HOUR)])
      await one.acknowledge([record(2)])
      expect(await accepted()).toEqual({ [TYPE]: 3 })
      expect(await accepted(EPOCH + HOUR)).toEqual({ [TYPE]: 1 })
    })

    test.each([
      ['a throttle', async () => Promise.reject(awsFault('ThrottlingException', 400))],
      [
        'an answer that is lost',
        async ({ send }: AwsCall) => {
          await send()
          throw awsFault('TimeoutError')
        },
      ],
    ])('%s is made up for by another attempt', async (_title, fail) => {
      let failures = 4
      const client = intercept(dynamodb.newClient(), call => (failures-- > 0 ? fail(call) : call.send()))
      const one = container('one', client)
      await one.acknowledge([record(3)])
      await one.acknowledge([record(4)])
      expect(await accepted()).toEqual({ [TYPE]: 7 })
    })

    test('a call that fails is an error within its time; the next one counts its events too', async () => {
      let isDown = true
      const client = intercept(dynamodb.newClient(), async ({ send }) => {
        if (isDown) throw awsFault('ThrottlingException', 400)
        return send()
      })
      const one = container('one', client, 300)
      await expect(one.acknowledge([record(3)])).rejects.toMatchObject({
        code: 'overloaded',
        retryable: true,
      })
      expect(await accepted()).toEqual({})
      isDown = false
      await one.acknowledge([record(4)])
      expect(await accepted()).toEqual({ [TYPE]: 7 })
      expect(await kit.newLedger().epochs(undefined)).toMatchObject([{ epoch: EPOCH }])
    })

    test('where only the directory fails, the call fails and the next one enters the epoch', async () => {
      let isDown = true
      const client = intercept(dynamodb.newClient(), async ({ input, send }) => {
        if (isDown && !('ConditionExpression' in input)) throw awsFault('InternalServerError', 500)
        return send()
      })
      const one = container('one', client, 300)
      await expect(one.acknowledge([record(3)])).rejects.toMatchObject({ code: 'unavailable' })
      isDown = false
      await one.acknowledge([record(4)])
      expect(await kit.newLedger().epochs(undefined)).toMatchObject([{ accepted: { [TYPE]: 7 } }])
    })
  })

  describe('the raw delivery', () => {
    const due = EPOCH + HOUR + RAW_DELAY

    test('an object that is delivered again counts once', async () => {
      await container('one').acknowledge([record(5)])
      kit.at(due)
      for (let i = 0; i < 3; i += 1)
        await deliveries().delivered('a', [{ epoch: EPOCH, type: TYPE, lines: 3 }])
      expect(await kit.newLedger().epoch(EPOCH)).toMatchObject({ rawComplete: false })
      await deliveries().delivered('b', [{ epoch: EPOCH, type: TYPE, lines: 2 }])
      expect(await kit.newLedger().epoch(EPOCH)).toMatchObject({ rawComplete: true })
    })

    test('more lines than were acknowledged are enough, fewer of one type are not', async () => {
      await container('one').acknowledge([record(2), record(2, EPOCH, 'order.paid')])
      kit.at(due)
      await deliveries().delivered('a', [
        { epoch: EPOCH, type: TYPE, lines: 9 },
        { epoch: EPOCH, type: 'order.paid', lines: 1 },
        { epoch: EPOCH + HOUR, type: 'order.paid', lines: 4 },
      ])
      expect(await kit.newLedger().epoch(EPOCH)).toMatchObject({ rawComplete: false })
      await deliveries().delivered('b', [{ epoch: EPOCH, type: 'order.paid', lines: 1 }])
      expect(await kit.newLedger().epoch(EPOCH)).toMatchObject({ rawComplete: true })
    })

    test('lines may be on their way until its time is over, also when all that was acknowledged is there', async () => {
      await container('one').acknowledge([record(1)])
      await deliveries().delivered('a', [{ epoch: EPOCH, type: TYPE, lines: 1 }])
      kit.at(due - 1)
      expect(await kit.newLedger().epoch(EPOCH)).toMatchObject({ closed: true, rawComplete: false })
      kit.at(due)
      expect(await kit.newLedger().epoch(EPOCH)).toMatchObject({ rawComplete: true })
    })

    test('an epoch of which nothing was acknowledged is listed once lines of it arrive', async () => {
      await deliveries().delivered('a', [{ epoch: EPOCH, type: TYPE, lines: 1 }])
      expect(await kit.newLedger().epochs(undefined)).toMatchObject([{ epoch: EPOCH, accepted: {} }])
    })

    test('a failed delivery is an error; delivered again, it is whole', async () => {
      let calls = 0
      const client = intercept(dynamodb.newClient(), async ({ send }) => {
        if (calls++ === 2) throw awsFault('AccessDeniedException', 400)
        return send()
      })
      const lines = [0, 1].map(i => ({ epoch: EPOCH + i * HOUR, type: TYPE, lines: 1 }))
      await expect(deliveries(client).delivered('a', lines)).rejects.toMatchObject({ code: 'storage_failed' })
      await deliveries(client).delivered('a', lines)
      const epochs = await kit.newLedger().epochs(undefined)
      expect(epochs.map(({ epoch }) => epoch)).toEqual([EPOCH, EPOCH + HOUR])
    })
  })

  describe('its reader', () => {
    test('takes a type that is published through the epoch as applied: its tally is dropped', async () => {
      await kit.put([{ partition: 0, type: TYPE, epoch: EPOCH, count: 3, data: '' }])
      kit.at(EPOCH + HOUR + CLOSE_AFTER)
      expect(await kit.newLedger().epoch(EPOCH)).toMatchObject({ speedComplete: false })
      kit.boundaries.set(tallyId(TYPE), { epoch: EPOCH })
      expect(await kit.newLedger().epoch(EPOCH)).toMatchObject({ speedComplete: true })
    })

    test('does not wait for the speed layer to count a type that is no longer declared', async () => {
      await container('one').acknowledge([record(3, EPOCH, 'org.example.gone')])
      kit.at(EPOCH + HOUR + CLOSE_AFTER)
      expect(await kit.newLedger().epoch(EPOCH)).toMatchObject({
        accepted: { 'org.example.gone': 3 },
        speedComplete: true,
      })
    })

    test('reads the counts of a closed epoch once, and of an open one every time', async () => {
      let queries = 0
      const client = intercept(dynamodb.newClient(), ({ send }) => {
        queries += 1
        return send()
      })
      const ledger = kit.newLedger({ client })
      await container('one').acknowledge([record(3)])
      expect(await ledger.epoch(EPOCH)).toMatchObject({ accepted: { [TYPE]: 3 } })
      await container('two').acknowledge([record(4)])
      kit.at(EPOCH + HOUR + CLOSE_AFTER)
      expect(await ledger.epoch(EPOCH)).toMatchObject({ accepted: { [TYPE]: 7 } })
      queries = 0
      expect(await ledger.epochs(undefined)).toMatchObject([{ accepted: { [TYPE]: 7 } }])
      // The directory, and the counts kept there.
      expect(queries).toBe(2)
    })

    test('keeps the counts of closed epochs in the directory: another process asks one query for all of them', async () => {
      const one = container('one')
      for (let i = 0; i < 5; i++) await one.acknowledge([{ ...record(3 + i), epoch: EPOCH + i * HOUR }])
      kit.at(EPOCH + 4 * HOUR + CLOSE_AFTER)
      const before = await kit.newLedger().epochs(undefined)
      let queries = 0
      const client = intercept(dynamodb.newClient(), ({ command, send }) => {
        queries += command === 'QueryCommand' ? 1 : 0
        return send()
      })
      expect(await kit.newLedger({ client }).epochs(undefined)).toEqual(before)
      expect(before.map(({ closed, accepted }) => [closed, accepted[TYPE]])).toEqual([
        ...[3, 4, 5, 6].map(count => [true, count]),
        [false, 7],
      ])
      // One of the directory, and those of the epoch that is open.
      expect(queries).toBe(1 + 16)
    })

    test('reads an epoch again that a late container has entered once more', async () => {
      await container('one').acknowledge([record(3)])
      kit.at(EPOCH + HOUR + CLOSE_AFTER)
      expect(await kit.newLedger().epochs(undefined)).toMatchObject([{ accepted: { [TYPE]: 3 } }])
      await container('two').acknowledge([record(4)])
      expect(await kit.newLedger().epochs(undefined)).toMatchObject([{ accepted: { [TYPE]: 7 } }])
    })

    test('has forgotten an epoch whose time of keeping is over, also while its items are still there', async () => {
      await container('one').acknowledge([record(3)])
      kit.at(EPOCH + HOUR + KEEP)
      const ledger = kit.newLedger()
      expect(await ledger.epochs(undefined)).toEqual([])
      expect(await ledger.epoch(EPOCH)).toMatchObject({ accepted: {}, closed: true, rawComplete: true })
    })

    test('reads an epoch of more containers than one page holds', async () => {
      const types = Array.from({ length: 400 }, (_, i) =>
        record(1, EPOCH, `org.example.${'x'.repeat(600)}.${i}`),
      )
      const each = Array.from({ length: 40 }, (_, i) => container(`c${i}`).acknowledge(types))
      await Promise.all(each)
      const counts = Object.values(await accepted())
      expect([counts.length, new Set(counts)]).toEqual([400, new Set([40])])
    }, 30_000)

    test('a table that goes on failing is an error that can be tried again', async () => {
      const client = intercept(dynamodb.newClient(), async () => {
        throw awsFault('ThrottlingException', 400)
      })
      const ledger = kit.newLedger({ client, timeoutMs: 200 })
      await expect(ledger.epoch(EPOCH)).rejects.toMatchObject({ code: 'overloaded', retryable: true })
    })
  })
})
