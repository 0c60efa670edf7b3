import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { AlertMessage } from '../../../core/alerts/message.ts'
import { sns } from '../../../core/declare/alerts/alert.ts'
import { createNotify, settingProblem } from '../../../drivers/notify/notify.ts'
import { ACCOUNT, describeOnMinistack, REGION } from '../../engines/ministack.ts'

const MESSAGE: AlertMessage = {
  ...{ id: '5f0c3b1e', alert: 'low', title: 'Läuft\r\nleer', description: 'Runbook 7.', state: 'firing' },
  ...{ metric: 'fleet_minutely', condition: 'charge below 20', group: { origin: '<b>&"' } },
  window: { start: '2026-01-31T12:00:00Z', end: '2026-01-31T12:01:00Z' },
  ...{ since: '2026-01-31T12:00:00Z', value: 17.25, judgedAt: '2026-01-31T12:01:10.204Z' },
  text: 'FIRING: Läuft leer: charge below 20',
}
const OPS = sns('OPS_TOPIC_ARN')
const SOON = () => AbortSignal.timeout(10_000)
const arnOf = (name: string) => `arn:aws:sns:${REGION}:${ACCOUNT}:${name}`

/** As on a machine whose environment has credentials. */
beforeAll(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's3cret')
})
afterAll(() => vi.unstubAllEnvs())

describeOnMinistack('a topic of SNS', ['sns', 'sqs'], ministack => {
  const ask = async (service: string, call: Record<string, string>) => {
    const authorization = `AWS4-HMAC-SHA256 Credential=test/20260131/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=0`
    const body = new URLSearchParams(call)
    const answer = await fetch(ministack.endpoint, { method: 'POST', body, headers: { authorization } })
    return answer.text()
  }
  const between = (xml: string, name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]

  /** A topic with a queue that hears it. */
  async function heard(name: string, attributes: Record<string, string> = {}) {
    await ask('sns', { Action: 'CreateTopic', Name: name, ...prefixed('Attributes.entry', attributes) })
    const made = await ask('sqs', {
      ...{ Action: 'CreateQueue', QueueName: name },
      ...prefixed('Attribute', attributes, 'Name', 'Value'),
    })
    const QueueUrl = between(made, 'QueueUrl')!
    const queue = `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`
    await ask('sns', { Action: 'Subscribe', TopicArn: arnOf(name), Protocol: 'sqs', Endpoint: queue })
    return async () => {
      const xml = await ask('sqs', { Action: 'ReceiveMessage', QueueUrl, MaxNumberOfMessages: '10' })
      return [...xml.matchAll(/<Body>([^<]+)<\/Body>/g)].map(([, body]) => JSON.parse(unescaped(body!)))
    }
  }

  const environment = (name: string) => ({
    OPS_TOPIC_ARN: arnOf(name),
    AWS_ENDPOINT_URL_SNS: ministack.endpoint,
  })

  test('hands the message on as it is, with what subscriptions filter by', async () => {
    const received = await heard('ops')
    expect(await createNotify(environment('ops'))(OPS, MESSAGE, SOON())).toEqual({ kind: 'sent' })
    const [{ Message, Subject, MessageAttributes }] = await received()
    expect(JSON.parse(Message)).toEqual(MESSAGE)
    expect(Subject).toBe('FIRING: L?uft??leer')
    expect(MessageAttributes).toMatchObject({ state: { Value: 'firing' }, id: { Value: MESSAGE.id } })
  })

  test('that is first in, first out drops what is sent again', async () => {
    const received = await heard('ops.fifo', { FifoTopic: 'true', FifoQueue: 'true' })
    const notify = createNotify(environment('ops.fifo'))
    expect(await notify(OPS, MESSAGE, SOON())).toEqual({ kind: 'sent' })
    expect(await notify(OPS, MESSAGE, SOON())).toEqual({ kind: 'sent' })
    expect((await received()).length).toBe(1)
  })

  test('that is not there has not got it', async () => {
    expect(await createNotify(environment('nowhere'))(OPS, MESSAGE, SOON())).toEqual({
      ...{ kind: 'failed', detail: 'SNS answered 404', isRefused: true },
    })
  })
})

function prefixed(prefix: string, all: Record<string, string>, key = 'key', value = 'value') {
  const entries = Object.entries(all).flatMap(([name, text], i) => [
    [`${prefix}.${i + 1}.${key}`, name],
    [`${prefix}.${i + 1}.${value}`, text],
  ])
  return Object.fromEntries(entries) as Record<string, string>
}

const unescaped = (xml: string) =>
  xml.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

describe('a call of SNS', () => {
  const toClose: { close(): unknown }[] = []
  afterEach(() => {
    for (const server of toClose.splice(0)) server.close()
  })
  async function answering(status: number | undefined) {
    const received: { readonly authorization: string; readonly body: string }[] = []
    const server = createServer(async (request, response) => {
      received.push({ authorization: request.headers.authorization ?? '', body: await text(request) })
      if (status !== undefined) response.writeHead(status).end('s3cret')
    })
    toClose.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    return { received, url: `http://127.0.0.1:${port}` }
  }

  test("is signed for the topic's region, and has no secret in it", async () => {
    const { url, received } = await answering(200)
    await createNotify({ OPS_TOPIC_ARN: arnOf('ops'), AWS_ENDPOINT_URL: url })(OPS, MESSAGE, SOON())
    const [{ authorization, body }] = received as [(typeof received)[number]]
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/sns\/aws4_request, /,
    )
    expect(authorization + body).not.toContain('s3cret')
  })

  test.each([
    [500, false],
    [429, false],
    [403, false],
    [400, true],
  ])('that is answered by %i has not arrived; is the message refused: %s', async (status, isRefused) => {
    const { url } = await answering(status)
    const notify = createNotify({ OPS_TOPIC_ARN: arnOf('ops'), AWS_ENDPOINT_URL: url })
    expect(await notify(OPS, MESSAGE, SOON())).toEqual({
      ...{ kind: 'failed', detail: `SNS answered ${status}`, isRefused },
    })
  })

  test('that nobody answers ends in time', async () => {
    const { url } = await answering(undefined)
    const notify = createNotify({ OPS_TOPIC_ARN: arnOf('ops'), AWS_ENDPOINT_URL: url })
    expect(await notify(OPS, MESSAGE, AbortSignal.timeout(300))).toEqual({
      ...{ kind: 'failed', detail: 'it did not answer in time', isRefused: false },
    })
  })

  test.each(['ops', 'arn:aws:sqs:eu-central-1:123456789012:ops', 'arn:aws:sns:../x:123456789012:ops'])(
    'is not made for %s, which is told by the name of the variable',
    arn => {
      const problem = settingProblem({ OPS_TOPIC_ARN: arn }, OPS)
      expect(problem).toMatch(/^OPS_TOPIC_ARN is no ARN of a topic, such as /)
    },
  )
})
