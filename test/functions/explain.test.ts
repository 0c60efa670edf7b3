import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TributaryError } from '../../core/errors.ts'
import type { ExplainQuestion, Explanation } from '../../steps/explain/explain.ts'
import { type Platform, pipeline, startPlatform } from '../local/test-platform.ts'

const AT = Date.UTC(2001, 0, 1)
const RECEIPT = '0978310800000-test00-00001-000'
const LATE = '0978397200001-test00-00002-000'
const WON = '0978310700000-test00-00000-000'
const customers = pipeline.metrics.find(({ name }) => name === 'customers_daily')!
const flights = pipeline.metrics.find(({ name }) => name === 'flights_daily')!

/** What the step finds, however it is asked. */
function found(question: ExplainQuestion): Explanation {
  const metric = question.name === customers.name ? customers : flights
  const windows = {
    declared: 'day',
    asked: 'day',
    timezone: undefined,
    from: AT,
    to: AT + 86_400_000,
  } as const
  const values = Object.fromEntries(metric.measures.map(({ name }) => [name, 2]))
  const event = { id: 'e1', source: 'urn:one', time: AT, epoch: AT, partition: 3 }
  const file = 'curated/type=x/tbepoch=20010101T000000Z/part-0.parquet'
  return {
    metric,
    cell: { windows, by: metric.by.map(({ name }) => name), group: question.group, where: question.where },
    values,
    provenance: { boundary: '2001-01-01T00:00:00Z', run: 'run-1', asOf: '2001-01-03T00:00:00Z', lagMs: 0 },
    addsUp: true,
    parts: [
      {
        ...{
          layer: 'batch',
          epoch: AT,
          epochs: [AT],
          values,
          computed: { values, events: 1 },
          matches: true,
        },
        ...{ last: AT, unread: undefined, isSettled: true, files: [{ path: file, bytes: 10 }] },
      },
      {
        ...{ layer: 'real-time', epoch: AT + 86_400_000, epochs: [AT + 86_400_000], values },
        ...{ computed: { values, events: 1 }, matches: false, last: AT + 90_000_000 },
        ...{ unread: undefined, isSettled: false, files: [] },
      },
    ],
    events: [
      { ...event, receipt: RECEIPT, file, values: ['"JFK"', '7'] },
      { ...event, receipt: LATE, file, values: ['"JFK"', null] },
    ],
    hasMore: true,
    duplicates: {
      total: 1,
      first: [{ ...event, receipt: RECEIPT, file, winner: { receipt: WON, epoch: AT, isOfCell: false } }],
      notRead: [{ epoch: AT, dropped: 5 }],
    },
    sql: 'SELECT 1',
  }
}

let platform: Platform
const questions: ExplainQuestion[] = []
beforeAll(async () => {
  platform = await startPlatform(
    {},
    {
      explainMetric: async question => {
        questions.push(question)
        return found(question)
      },
    },
  )
})
afterAll(() => platform.close())

const get = async (path: string, key = 'r') => {
  const answer = await platform.call('GET', `/v1/metrics/${path}`, key)
  return { status: answer.status, body: (await answer.json()) as Record<string, never> }
}
const JFK = 'flights_daily/explain?at=2001-01-01&where.origin=JFK'

describe('the question', () => {
  test('names the window and the group, by conditions or as a row of a query has it', async () => {
    for (const query of ['where.origin=JFK', `group=${encodeURIComponent('{"origin":"JFK"}')}`]) {
      expect((await get(`flights_daily/explain?at=2001-01-01T00:00:00Z&${query}`)).status).toBe(200)
      expect(questions.at(-1)).toEqual({
        ...{ name: 'flights_daily', at: AT, group: { origin: 'JFK' }, where: { origin: ['JFK'] } },
        isThorough: false,
      })
    }
    const rest = `window=month&timezone=America/New_York&by=&thorough=true&after=${RECEIPT}`
    await get(`flights_daily/explain?at=2001-01-01&${rest}&where.origin=JFK&where.origin=LAX`)
    expect(questions.at(-1)).toEqual({
      ...{ name: 'flights_daily', at: AT, group: {}, where: { origin: ['JFK', 'LAX'] }, by: [] },
      ...{ window: 'month', timezone: 'America/New_York', after: RECEIPT, isThorough: true },
    })
  })

  test.each([
    ['nothing/explain?at=2001-01-01', 404, 'there is no metric "nothing"'],
    ['flights_daily/explain', 400, 'parameter "at" is not given'],
    ['flights_daily/explain?at=noon', 400, '"at" must be a date or an instant'],
    [`${JFK}&where.origin=LAX`, 400, '"where.origin" is given more than once'],
    [`${JFK}&where.orign=LAX`, 400, 'did you mean where.origin?'],
    [`flights_daily/explain?at=2001-01-01&group=JFK`, 400, 'parameter "group" cannot be JFK'],
    [
      `flights_daily/explain?at=2001-01-01&group={"origin":7}`,
      400,
      'give a JSON object with values of origin',
    ],
    [`flights_daily/explain?at=2001-01-01&by=&group={"origin":"JFK"}`, 400, 'parameter "group" cannot be'],
    [`${JFK}&after=page-2`, 400, '"after" names no page; give `next` of the answer before'],
    [`${JFK}&thorough=yes`, 400, '"thorough" cannot be "yes"'],
    [`${JFK}&window=minute`, 400, 'flights_daily is declared by the day'],
  ])('%s is refused by name', async (path, status, detail) => {
    const { body, status: answered } = await get(path)
    expect([answered, body['detail']]).toEqual([status, expect.stringContaining(detail)])
  })

  test('is refused with a time to ask again at where too many wait', async () => {
    const busy = await startPlatform(
      {},
      { explainMetric: () => Promise.reject(new TributaryError('too_many', 'five wait', { retryAfter: 2 })) },
    )
    const answer = await busy.call('GET', `/v1/metrics/${JFK}`, 'r')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '2'])
    await busy.close()
  })
})

describe('the answer', () => {
  test('says which part does not add up, and why', async () => {
    const { body } = await get(JFK)
    expect(body['parts']).toMatchObject([
      { layer: 'batch', epoch: '2001-01-01T00:00:00Z', events: 1, state: 'adds up', isLate: false },
      { layer: 'real-time', epoch: '2001-01-02T00:00:00Z', events: 1, state: 'filling', isLate: true },
    ])
    expect(body).toMatchObject({
      late: { events: 1, longestMs: 3_600_000 },
      events: { total: 2, next: LATE, first: [{ values: { origin: 'JFK' } }, { lateMs: 3_600_001 }] },
      duplicates: { total: 1, first: [{ why: expect.stringContaining('in the same epoch') }] },
    })
  })

  test('shows sensitive fields and what rejected events hold to admins alone', async () => {
    await platform.call('POST', '/v1/events', 'w', '[{"specversion":"1.0","id":"x"}]', {
      'content-type': 'application/cloudevents-batch+json',
    })
    const path = 'customers_daily/explain?at=2001-01-01'
    const { body } = await get(path)
    expect(body['events']).toMatchObject({ masked: ['id'], first: [{ values: {} }, {}] })
    expect(body['rejected']).toMatchObject({ first: [] })
    const admins = (await get(path, 'a')).body
    expect(admins['events']).toMatchObject({ masked: [], first: [{ values: { id: 'JFK' } }, {}] })
  })

  test('tells a key that is limited to rows nothing of other events', async () => {
    expect((await get(JFK, 'rows')).body['detail']).toMatch(/origin of "LAS", "PHX" alone/)
    const { body, status } = await get('flights_daily/explain?at=2001-01-01&where.origin=LAS', 'rows')
    expect(status).toBe(200)
    expect(body).toMatchObject({ rejected: null, duplicates: { first: [{ counted: null }] } })
    expect(JSON.stringify(body)).not.toMatch(/"bytes"|"dropped"/)
    await get('flights_daily/explain?at=2001-01-01&by=', 'rows')
    expect(questions.at(-1)).toMatchObject({ by: [], group: {}, where: { origin: ['LAS', 'PHX'] } })
    expect((await get('trips_hourly/explain?at=2001-01-01', 'rows')).status).toBe(403)
    expect((await get(JFK, 'others')).status).toBe(403)
  })
})
