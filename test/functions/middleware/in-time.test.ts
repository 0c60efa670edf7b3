import type { Context } from 'aws-lambda'
import { expect, test } from 'vitest'
import type { HttpEvent, HttpHandler } from '../../../functions/middleware/http.ts'
import { inTime } from '../../../functions/middleware/in-time.ts'

const event = { routeKey: 'GET /x' } as HttpEvent
const context = (remaining: number) => ({ getRemainingTimeInMillis: () => remaining }) as Context
const never: HttpHandler = () => new Promise(() => undefined)

test('a function whose handler has no answer half a second before its end says so, and reports it', async () => {
  const reported: unknown[] = []
  const handler = inTime(never, (failure, route) => reported.push([failure.code, route]))
  const answer = await handler(event, context(520))
  expect(answer).toMatchObject({ statusCode: 503, body: expect.stringContaining('timeout') })
  expect(reported).toEqual([['timeout', 'GET /x']])
})

test('a function whose handler answers in time gives that answer', async () => {
  const handler = inTime(
    async () => ({ statusCode: 200, body: 'ok' }),
    () => undefined,
  )
  expect(await handler(event, context(30_000))).toEqual({ statusCode: 200, body: 'ok' })
})
