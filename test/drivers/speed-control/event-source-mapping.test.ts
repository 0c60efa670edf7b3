import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEventSourceMapping } from '../../../drivers/speed-control/event-source-mapping.ts'

const UUID = '14e0db71-5d35-4eb5-b481-8945cf9d10c2'

/** An event source mapping as Lambda's HTTP API shows it: a change takes a few questions to come about. */
describe('the event source mapping', () => {
  let server: Server
  let client: LambdaClient
  let state: string
  let after: string[]
  let faults: (readonly [number, string])[]
  let calls: string[]

  beforeEach(async () => {
    state = 'Enabled'
    after = []
    faults = []
    calls = []
    server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', chunk => chunks.push(chunk as Buffer))
      request.on('end', () => {
        calls.push(`${request.method} ${request.url}`)
        const fault = faults.shift()
        if (fault !== undefined) {
          response.writeHead(fault[0], { 'x-amzn-errortype': fault[1] })
          return response.end(JSON.stringify({ message: fault[1] }))
        }
        if (request.method === 'PUT') {
          const { Enabled } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { Enabled: boolean }
          const [turning, turned] = Enabled ? ['Enabling', 'Enabled'] : ['Disabling', 'Disabled']
          if (state !== turned) [state, after] = [turning!, [turning!, turned!]]
        } else state = after.shift() ?? state
        response.writeHead(request.method === 'PUT' ? 202 : 200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ UUID, State: state }))
      })
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    client = new LambdaClient({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    })
  })
  afterEach(async () => {
    client.destroy()
    await new Promise(done => server.close(done))
  })
  const consumer = (changes: { patienceMs?: number } = {}) =>
    createEventSourceMapping({
      client,
      mapping: UUID,
      longestInvocationMs: 50,
      pollMs: 5,
      patienceMs: 2000,
      ...changes,
    })

  test('is paused once it is disabled and its last invocation must have ended', async () => {
    const start = performance.now()
    expect(await consumer().isPaused()).toBe(false)
    await consumer().pause()
    expect(state).toBe('Disabled')
    expect(await consumer().isPaused()).toBe(true)
    expect(performance.now() - start).toBeGreaterThanOrEqual(50)
    expect(calls[1]).toBe(`PUT /2015-03-31/event-source-mappings/${UUID}`)
  })

  test('pauses and resumes however often it is asked to', async () => {
    const both = consumer()
    await both.pause()
    await both.pause()
    await both.resume()
    await both.resume()
    expect(state).toBe('Enabling')
  })

  test('waits for another change that is under way, and rides out throttles', async () => {
    faults = [
      [400, 'ResourceInUseException'],
      [429, 'TooManyRequestsException'],
      [409, 'ResourceConflictException'],
    ]
    await consumer().pause()
    expect(state).toBe('Disabled')
  })

  test('gives up with a time-out on a mapping that does not stand still', async () => {
    after = Array.from({ length: 10_000 }, () => 'Disabling')
    state = 'Disabled'
    await expect(consumer({ patienceMs: 60 }).pause()).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('is Disabling and not Disabled'),
    })
  })

  test('says when there is no such mapping', async () => {
    faults = [[404, 'ResourceNotFoundException']]
    await expect(consumer().resume()).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining(UUID),
    })
  })
})
