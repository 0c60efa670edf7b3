import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileAcceptor } from '../../core/event/accept.ts'
import { readEventsRequest } from '../../core/event/cloudevents-http.ts'
import { readRecord } from '../../core/event/record.ts'
import type { RejectedEvent } from '../../core/ports/rejected.ts'
import type { StreamRecord } from '../../core/ports/stream/stream.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import { createCheckEvents } from '../../steps/check-events.ts'
import { createIngest } from '../../steps/ingest.ts'
import { judgeRequest } from '../../steps/judge.ts'
import { pipeline } from '../local/test-platform.ts'

// One each, as it remembers which undeclared fields it has told of.
const acceptWith = compileAcceptor(pipeline, createAjvValidators())
const acceptWithout = compileAcceptor(pipeline, createAjvValidators())

/** All that a request leaves behind, with or without the texts of its events. */
async function leftBy(body: string, withTexts: boolean) {
  const records: StreamRecord[] = []
  const kept: RejectedEvent[] = []
  const ingest = createIngest({
    accept: withTexts ? acceptWith : acceptWithout,
    stream: {
      put: async all => {
        records.push(...all)
        return all.map(() => ({ kind: 'stored' }))
      },
    },
    rejected: { put: async all => void kept.push(...all) },
    now: () => 1_763_720_000_123,
    epochLength: 3_600_000,
    partitionsAt: () => ({ first: 0, count: 10 }),
    process: 'test00',
  })
  const headers = { 'content-type': 'application/cloudevents-batch+json' }
  const { events, texts } = readEventsRequest({ headers, body })
  const outcome = await ingest(events, withTexts ? texts : undefined)
  return { known: texts.filter(text => text !== undefined).length, outcome, records, kept }
}

const often = (usual: string, ...odd: string[]) =>
  fc.oneof({ weight: odd.length * 2, arbitrary: fc.constant(usual) }, fc.constantFrom(...odd))
const number = often('33', '33.0', '3.3e1', '-0', '0', '-7', '9007199254740993', '1e999', '33.5', '3300')
const letters = often('LAS', 'L\\u0041S', 'L\\"S', 'L\\/S', 'Zürich', '語', '😀', '\\ud800', '\\\\', '')
const extra = often(
  '',
  '"delay":1,',
  '"x":{"y":[1,{"z":1.50}]},',
  '"1":2,',
  '"__proto__":{},',
  '"x":{"y":1,"y":2},',
)

const event = fc
  .record({ id: fc.nat(5), origin: letters, distance: number, delay: number, extra, beside: extra })
  .map(
    ({ id, origin, distance, delay, extra, beside }) =>
      `{"specversion":"1.0","id":"e${id}","source":"/test",${beside}"type":"com.tributary.flight",` +
      `"time":"2001-01-01T12:00:00Z","data":{${extra}"origin":"${origin}","destination":"PHL",` +
      `"distance":${distance},"delay":${delay}}}`,
  )
/** White space goes between events, or in them, where it ends the search for texts. */
const between = often(',', ', ', ',\n')
const batch = fc
  .tuple(fc.array(event, { maxLength: 12 }), between, often(':', ': '))
  .map(([events, comma, colon]) => `[${events.join(comma).replaceAll('":', `"${colon}`)}]`)

test('what reaches the stream and the rejected events is the same whether or not the texts that were sent are used', async () => {
  let known = 0
  await fc.assert(
    fc.asyncProperty(batch, async body => {
      const [sent, written] = [await leftBy(body, true), await leftBy(body, false)]
      expect(sent).toEqual(written)
      known += sent.known
    }),
    { numRuns: 500 },
  )
  expect(known).toBeGreaterThan(100)
})

const acceptChecked = compileAcceptor(pipeline, createAjvValidators())
const checkEvents = createCheckEvents({
  pipeline,
  judge: request => judgeRequest(acceptChecked, request),
  partitions: async () => ({ first: 0, count: 10 }),
})

/** What ingest did with each event of a request, in the words of a verdict. */
async function doneWith(body: string) {
  const { outcome, records } = await leftBy(body, true)
  const stored = records.flatMap(({ data, partition }) =>
    readRecord(data).map(one => ({ ...one, partition })),
  )
  return {
    accepted: stored
      .map(({ tbreceipt: _, tbepoch: _e, tbtime: _t, tbpartition: _p, partition, ...event }) => ({
        event,
        partition,
      }))
      .map(one => JSON.stringify(one))
      .sort(),
    rejected: outcome.rejected,
  }
}

test('a check says of every event what ingest does with it: verdict, reason, partition and what is stored', async () => {
  const access = { name: 'writer', write: 'all' } as const
  const headers = { 'content-type': 'application/cloudevents-batch+json' }
  const seen = { accepted: 0, rejected: 0 }
  await fc.assert(
    fc.asyncProperty(batch, async body => {
      const verdicts = await checkEvents({ headers, body }, { key: '', address: '' }, access)
      const done = await doneWith(body)
      const accepted = verdicts.filter(one => one.verdict === 'accepted')
      const rejected = verdicts.filter(one => one.verdict === 'rejected')
      expect(accepted.map(({ event, partition }) => JSON.stringify({ event, partition })).sort()).toEqual(
        done.accepted,
      )
      expect(rejected.map(({ index, id, code, detail }) => ({ index, id, code, detail }))).toEqual(
        done.rejected,
      )
      seen.accepted += accepted.length
      seen.rejected += rejected.length
    }),
    { numRuns: 300 },
  )
  expect(Math.min(seen.accepted, seen.rejected)).toBeGreaterThan(100)
})
