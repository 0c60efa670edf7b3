import { expect, test } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import type { PutOutcome, StreamRecord } from '../../../core/ports/stream/stream.ts'
import { createAcknowledgedStream } from '../../../drivers/stream/acknowledged.ts'

const STORED: PutOutcome = { kind: 'stored' }
const FULL: PutOutcome = { kind: 'refused', reason: 'full', retryAfterSeconds: 7 }

const record = (n: number): StreamRecord => ({ partition: n, type: 't', epoch: 0, count: n, data: `${n}\n` })

/** A stream with the outcomes given, and a ledger that fails while `down` is set. */
function opened(outcomes: readonly PutOutcome[]) {
  const happened: string[] = []
  const reported: TributaryError[] = []
  const faults = { down: false }
  const stream = createAcknowledgedStream({
    stream: {
      put: async records => {
        happened.push(`put ${records.length}`)
        await null
        happened.push('stored')
        return outcomes
      },
    },
    ledger: {
      acknowledge: async records => {
        happened.push(`acknowledge ${records.map(({ count }) => count).join()}`)
        if (faults.down) throw new TributaryError('overloaded', 'the ledger does not answer')
        await null
        happened.push('acknowledged')
      },
    },
    report: error => reported.push(error),
  })
  return { stream, happened, reported, faults }
}

test('what the stream stored is counted before its put resolves', async () => {
  const { stream, happened } = opened([STORED, STORED])
  expect(await stream.put([record(1), record(2)])).toEqual([STORED, STORED])
  expect(happened).toEqual(['put 2', 'stored', 'acknowledge 1,2', 'acknowledged'])
})

test('what the stream refused is not counted, and keeps its outcome', async () => {
  const { stream, happened } = opened([STORED, FULL, STORED])
  expect(await stream.put([record(1), record(2), record(3)])).toEqual([STORED, FULL, STORED])
  expect(happened).toContain('acknowledge 1,3')
})

test('where the stream stored nothing, the ledger is left alone', async () => {
  const { stream, happened } = opened([FULL])
  expect(await stream.put([record(1)])).toEqual([FULL])
  expect(happened).toEqual(['put 1', 'stored'])
})

test('what cannot be counted is refused, to be sent again later, and told', async () => {
  const { stream, reported, faults } = opened([STORED, FULL])
  faults.down = true
  const [first, second] = await stream.put([record(1), record(2)])
  expect(first).toMatchObject({ kind: 'refused', reason: 'not_acknowledged' })
  // Without a pause ingest would stamp the events anew and put them at once.
  expect(first).toHaveProperty('retryAfterSeconds', 1)
  expect(second).toEqual(FULL)
  expect(reported).toMatchObject([{ code: 'overloaded' }])
})

test('a stream that fails altogether is a failure of the put', async () => {
  const failing = createAcknowledgedStream({
    stream: { put: async () => Promise.reject(new TributaryError('unavailable', 'no stream')) },
    ledger: { acknowledge: async () => Promise.reject(new Error('must not be asked')) },
    report: () => {},
  })
  await expect(failing.put([record(1)])).rejects.toMatchObject({ code: 'unavailable' })
})

test('puts reach the stream in the order of the calls', async () => {
  const order: number[] = []
  const stream = createAcknowledgedStream({
    stream: {
      put: async records => {
        order.push(records[0]!.count)
        return [STORED]
      },
    },
    ledger: { acknowledge: async () => {} },
    report: () => {},
  })
  await Promise.all([stream.put([record(1)]), stream.put([record(2)]), stream.put([record(3)])])
  expect(order).toEqual([1, 2, 3])
})
