import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { TSchema } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answer } from '../../core/api/route.ts'
import { Problem } from '../../core/api/schemas.ts'
import { ROUTES, type RouteKey } from '../../functions/table.ts'
import { BATCH, flight, type Platform, startPlatform } from '../local/test-platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
  await call('POST /v1/runs', '{"machine":"batch"}')
  await call('POST /v1/events', JSON.stringify([flight('good'), flight('bad', { data: {} })]))
})
afterAll(() => platform.close())

const ajv = new Ajv2020({ strict: false })
formats.default(ajv)

/** What stands for the parameters of paths. */
const EXAMPLES: Readonly<Record<string, string>> = {
  ...{ name: 'flights_daily', type: 'com.tributary.flight', version: '1', id: 'run-0' },
}

function call(key: RouteKey, body?: string) {
  const [method = '', path = ''] = key.split(' ')
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => EXAMPLES[name] ?? name)
  const type = key === 'POST /v1/events' ? BATCH : { 'content-type': 'application/json' }
  return platform.call(method, address, 'a', body, body === undefined ? {} : type)
}

/** What is wrong with an answer by its route's row; undefined: nothing. */
async function complaint(key: RouteKey, answer: Response): Promise<string | undefined> {
  const answers: Readonly<Record<number, Answer>> = ROUTES[key].answers
  const declared = answers[answer.status]
  if (declared === undefined && answer.status < 400) return `${answer.status} is not in the row`
  const type = declared?.type ?? (declared === undefined ? 'application/problem+json' : 'application/json')
  const schema: TSchema = declared?.schema ?? Problem
  const text = await answer.text()
  if (!(answer.headers.get('content-type') ?? '').startsWith(type)) return `${type} expected`
  const isRight = ajv.compile(schema)
  return isRight(type.endsWith('json') ? JSON.parse(text) : text) ? undefined : ajv.errorsText(isRight.errors)
}

test.each(Object.keys(ROUTES) as RouteKey[])('%s answers what its row says', async key => {
  expect(await complaint(key, await call(key))).toBeUndefined()
})

test.each([
  ['POST /v1/events', JSON.stringify([flight('one'), flight('two', { time: 'noon' })]), 202],
  ['POST /v1/events', JSON.stringify([flight('three', { data: {} })]), 422],
  ['POST /v1/events', 'x', 400],
  ['POST /v1/runs', '{"machine":"delivery","input":{"month":"2026-01"}}', 202],
  ['POST /v1/runs', '{"machine":"replay","input":{"from":"2026-01-01T00:00:00Z"}}', 400],
  ['POST /v1/rejected/replay', '{"type":"com.tributary.flight"}', 200],
] as const)('%s %s is answered as its row says', async (key, body, status) => {
  const answer = await call(key, body)
  expect([answer.status, await complaint(key, answer)]).toEqual([status, undefined])
})

test('events that are refused for now are answered with what to send again, as the row says', async () => {
  platform.refusals.push([{ kind: 'refused', reason: 'full', retryAfterSeconds: 1 }])
  const answer = await call('POST /v1/events', JSON.stringify([flight('later')]))
  expect([answer.status, await complaint('POST /v1/events', answer)]).toEqual([503, undefined])
})
