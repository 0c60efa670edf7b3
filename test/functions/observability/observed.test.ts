import { setTimeout } from 'node:timers/promises'
import type { Context } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import { observed } from '../../../functions/observability/observed.ts'
import { measuredIngest, reportFailure, reportSpeed } from '../../../functions/observability/reports.ts'
import { logger, metrics } from '../../../functions/observability/telemetry.ts'
import { traced } from '../../../functions/observability/traced.ts'

const context = {
  functionName: 'ingest',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:ingest',
  memoryLimitInMB: '512',
  awsRequestId: 'request-1',
  getRemainingTimeInMillis: () => 10_000,
} as Context

// Powertools writes through consoles of its own.
type WithConsole = { console: Record<'log' | 'warn' | 'error', (line: string) => void> }
let lines: string[]
beforeEach(() => {
  lines = []
  for (const one of [logger, metrics] as unknown as WithConsole[])
    for (const level of ['log', 'warn', 'error'] as const)
      vi.spyOn(one.console, level).mockImplementation(line => void lines.push(line))
})
afterEach(() => vi.restoreAllMocks())

const entries = () => lines.map(line => JSON.parse(line) as Record<string, never>)

describe('an observed handler', () => {
  it('answers as the handler does and writes nothing when there is nothing to say', async () => {
    const handler = observed((event: { n: number }) => event.n + 1)
    expect(await handler({ n: 1 }, context)).toBe(2)
    expect(lines).toEqual([])
  })

  it('writes what a call measured as one line of the embedded metric format, then starts anew', async () => {
    const ingest = measuredIngest(async () => ({
      ...{ accepted: 3, rounded: 0 },
      rejected: [{ index: 1, id: null, code: 'x', detail: '' }],
      retry: [],
      retryAfterSeconds: 0,
    }))
    const handler = observed(async () => void (await Promise.all([ingest([]), ingest([])])))
    await handler({}, context)
    await handler({}, context)
    const sums = entries().map(({ EventsAccepted, EventsRejected }) => ({ EventsAccepted, EventsRejected }))
    expect(sums).toEqual([
      { EventsAccepted: [3, 3], EventsRejected: [1, 1] },
      { EventsAccepted: [3, 3], EventsRejected: [1, 1] },
    ])
    expect(entries()[0]).toMatchObject({
      service: 'tributary',
      _aws: { CloudWatchMetrics: [{ Namespace: 'Tributary', Dimensions: [['service']] }] },
    })
  })

  it('measures how far the real-time views are behind', async () => {
    const outcome = {
      counted: 5,
      duplicates: 1,
      repeats: 0,
      receivedAt: 1000,
      unreadable: [{ index: 0, reason: 'r' }],
      unknown: [{ index: 1, type: 'org.example.new' }],
    }
    await observed(async () => reportSpeed(outcome, 1750))({}, context)
    expect(entries().at(-1)).toMatchObject({
      EventsCounted: 5,
      Duplicates: 1,
      UnreadableRecords: 1,
      UnknownTypeRecords: 1,
      SpeedLagMs: 750,
    })
  })

  it('logs a failure with the id of the request, and throws it on under its code', async () => {
    const failing = observed(() => {
      throw new TributaryError('storage_failed', 'the table real-time refused a write')
    })
    await expect(failing({}, context)).rejects.toMatchObject({ name: 'storage_failed', retryable: true })
    expect(entries()).toMatchObject([
      {
        level: 'WARN',
        function_request_id: 'request-1',
        failure: { name: 'storage_failed', message: 'the table real-time refused a write' },
      },
    ])
  })

  it.each([['observed', observed] as const, ['traced', traced] as const])(
    'never repeats what a foreign error quotes (%s)',
    async (_name, wrap) => {
      const failing = wrap(() => JSON.parse('a-secret-of-the-sender'))
      const told = await failing({}, context).then(
        () => undefined,
        (error: Error) => error,
      )
      expect(told?.name).toBe('internal')
      expect(told).not.toHaveProperty('cause')
      expect(`${told?.message} ${told?.stack} ${lines.join()}`).not.toContain('secret')
      expect(entries()[0]).toMatchObject({ failure: { name: 'internal', cause: { name: 'SyntaxError' } } })
    },
  )

  it('counts failures that trying again does not cure', async () => {
    const failing = observed(() => {
      throw new TributaryError('corrupt_data', 'no')
    })
    await expect(failing({}, context)).rejects.toThrow('no')
    expect(entries().at(-1)).toMatchObject({ FunctionFailures: 1 })
  })

  it('writes the reason before Lambda ends it, and gives no answer behind which the work would go on', async () => {
    const hanging = observed(() => new Promise(() => {}))
    const short = { ...context, getRemainingTimeInMillis: () => 230 } as Context
    const answer = await Promise.race([hanging({}, short), setTimeout(400, 'none')])
    expect(answer).toBe('none')
    expect(entries()).toMatchObject([
      { level: 'ERROR', message: 'the call is out of time, and Lambda ends it' },
      { FunctionFailures: 1 },
    ])
  })
})

it('a 5xx answer is logged with its AWS cause and counted', async () => {
  const cause = Object.assign(new Error('Rate exceeded'), {
    name: 'ProvisionedThroughputExceededException',
    $metadata: { httpStatusCode: 400, requestId: 'aws-1' },
  })
  const failure = new TributaryError('unavailable', 'the stream does not answer', { cause })
  await observed(() => reportFailure(failure, 'POST /v1/events'))({}, context)
  expect(entries()).toMatchObject([
    {
      route: 'POST /v1/events',
      failure: {
        name: 'unavailable',
        cause: { message: 'Rate exceeded', aws: { status: 400, requestId: 'aws-1' } },
      },
    },
    { ServerErrors: 1 },
  ])
})
