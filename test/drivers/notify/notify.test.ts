import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterEach, describe, expect, test } from 'vitest'
import type { AlertMessage } from '../../../core/alerts/message.ts'
import { email, slack, webhook } from '../../../core/declare/alerts/alert.ts'
import { createNotify, settingProblem } from '../../../drivers/notify/notify.ts'

const MESSAGE: AlertMessage = {
  ...{ id: '5f0c3b1e', alert: 'low', title: 'Läuft leer', description: 'Runbook 7.', state: 'firing' },
  ...{
    metric: 'fleet_minutely',
    condition: 'charge below 20',
    group: { origin: '<b>&\r\nBcc: x@y.example' },
  },
  window: { start: '2026-01-31T12:00:00Z', end: '2026-01-31T12:01:00Z' },
  ...{ since: '2026-01-31T12:00:00Z', value: 17.25, judgedAt: '2026-01-31T12:01:10.204Z' },
  text: 'FIRING: Läuft leer: charge below 20 <now> & here',
}
const SOON = () => AbortSignal.timeout(2000)

const toClose: { close(done?: () => void): unknown }[] = []
afterEach(() => {
  for (const server of toClose.splice(0)) server.close()
})

async function http(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const received: { headers: IncomingMessage['headers']; body: string; url: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    received.push({ headers: request.headers, body, url: request.url! })
    answer(request, response)
  })
  toClose.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { received, url: `http://127.0.0.1:${(server.address() as { port: number }).port}` }
}

describe('a webhook', () => {
  test('gets the message as JSON, its id in a header, and the token', async () => {
    const { url, received } = await http((_, response) => response.writeHead(204).end())
    const notify = createNotify({ HOOK: `${url}/a?key=s3cret`, TOKEN: 't0ken' })
    expect(await notify(webhook('HOOK', { token: 'TOKEN' }), MESSAGE, SOON())).toEqual({ kind: 'sent' })
    const [{ headers, body }] = received as [(typeof received)[number]]
    expect(JSON.parse(body)).toEqual(MESSAGE)
    expect(headers).toMatchObject({ 'idempotency-key': MESSAGE.id, authorization: 'Bearer t0ken' })
  })

  test.each([
    [500, false],
    [429, false],
    [408, false],
    [400, true],
    [404, true],
    [302, false],
  ])('that answers %i has not got it; is the message refused: %s', async (status, isRefused) => {
    const { url, received } = await http((_, response) =>
      response.writeHead(status, { location: '/elsewhere' }).end('s3cret'),
    )
    const outcome = await createNotify({ HOOK: url })(webhook('HOOK'), MESSAGE, SOON())
    expect(outcome).toEqual({ kind: 'failed', detail: `it answered ${status}`, isRefused })
    expect(received.length).toBe(1)
  })

  test('that never answers is given up in time, and one that is not there is said not to be', async () => {
    const server = createTcpServer(() => undefined)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const notify = createNotify({ HOOK: `http://127.0.0.1:${port}/s3cret` })
    const late = await notify(webhook('HOOK'), MESSAGE, AbortSignal.timeout(200))
    expect(late).toEqual({ kind: 'failed', detail: 'it did not answer in time', isRefused: false })
    server.close()
    const gone = await createNotify({ HOOK: 'http://127.0.0.1:9/s3cret' })(webhook('HOOK'), MESSAGE, SOON())
    expect(gone).toMatchObject({ kind: 'failed', detail: expect.stringMatching(/^it cannot be reached/) })
    expect(JSON.stringify([late, gone])).not.toContain('s3cret')
  })
})

test('Slack gets text in which nothing of the data is markup', async () => {
  const { url, received } = await http((_, response) => response.end('ok'))
  await createNotify({ CHAT: url })(slack('CHAT'), MESSAGE, SOON())
  const { text } = JSON.parse(received[0]!.body) as { text: string }
  expect(text).toContain('&lt;now&gt; &amp; here')
  expect(text).toContain(MESSAGE.id)
})

describe('e-mail', () => {
  type Mail = { from: string; to: string[]; text: string; user: string | undefined }
  async function smtp(more: object = {}) {
    const mails: Mail[] = []
    const server = new SMTPServer({
      ...{ authOptional: true, disabledCommands: ['STARTTLS'], logger: false, allowInsecureAuth: true },
      onAuth: ({ username, password }, _session, done) =>
        password === 's3cret' ? done(null, { user: username! }) : done(new Error('no')),
      async onData(stream, { envelope, user }, done) {
        let text = ''
        for await (const chunk of stream) text += String(chunk)
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), text, user: user as string })
        done()
      },
      ...more,
    })
    toClose.push(server)
    const listening = server.listen(0, '127.0.0.1')
    await once(listening, 'listening')
    return { mails, port: (listening.address() as { port: number }).port }
  }
  const ops = email('OPS', { from: 'tributary@example.com', to: ['a@example.com', 'b@example.com'] })

  test('is sent by a real server, with its id as Message-ID and nothing of the data as a header', async () => {
    const { mails, port } = await smtp()
    const notify = createNotify({ OPS: `smtp://me:s3cret@127.0.0.1:${port}` })
    expect(await notify(ops, MESSAGE, SOON())).toEqual({ kind: 'sent' })
    const [mail] = mails as [Mail]
    expect(mail).toMatchObject({
      ...{ from: 'tributary@example.com', to: ['a@example.com', 'b@example.com'], user: 'me' },
    })
    const head = mail.text.slice(0, mail.text.indexOf('\r\n\r\n'))
    expect(head).toMatch(/^Message-ID: <5f0c3b1e@tributary\.invalid>$/im)
    expect(head).toMatch(/^Auto-Submitted: auto-generated$/im)
    expect(head).not.toMatch(/^Bcc:/im)
    expect(mail.text).toContain('Runbook 7.')
  })

  test('that is refused by the server is refused; a wrong password may be mended', async () => {
    const refusal = (code: number) => Object.assign(new Error('s3cret'), { responseCode: code })
    const { port } = await smtp({
      onRcptTo: (_: unknown, __: unknown, done: (error: Error) => void) => done(refusal(550)),
    })
    const notify = createNotify({ OPS: `smtp://127.0.0.1:${port}` })
    expect(await notify(ops, MESSAGE, SOON())).toEqual({
      ...{ kind: 'failed', detail: 'the mail server answered 550', isRefused: true },
    })
    const other = await smtp()
    const wrong = createNotify({ OPS: `smtp://me:wr0ng@127.0.0.1:${other.port}` })
    const outcome = await wrong(ops, MESSAGE, SOON())
    expect(outcome).toEqual({
      ...{ kind: 'failed', detail: 'the mail server answered 535 to user and password', isRefused: false },
    })
  })

  test('waits for no server that does not say a word', async () => {
    const server = createTcpServer(() => undefined)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const notify = createNotify({ OPS: `smtp://127.0.0.1:${port}` })
    const outcome = await notify(ops, MESSAGE, AbortSignal.timeout(200))
    expect(outcome).toEqual({ kind: 'failed', detail: 'it did not answer in time', isRefused: false })
    server.close()
  })
})

test.each([
  [webhook('HOOK'), {}, 'the environment variable HOOK is not set; set it, and start again'],
  [
    webhook('HOOK', { token: 'T' }),
    { HOOK: 'https://x.example' },
    'the environment variable T is not set; set it, and start again',
  ],
  [
    slack('HOOK'),
    { HOOK: 'ftp://s3cret' },
    'HOOK is no http or https URL without a user in it; set it, and start again',
  ],
  [
    webhook('HOOK'),
    { HOOK: 'https://u:s3cret@x.example' },
    'HOOK is no http or https URL without a user in it; set it, and start again',
  ],
  [
    webhook('HOOK', { token: 'T' }),
    { HOOK: 'https://x.example', T: 'a\nb' },
    'T has characters that no header carries; set it, and start again',
  ],
  [
    email('OPS', { from: 'a@b.example', to: ['c@d.example'] }),
    { OPS: 'mail.example' },
    'OPS is no URL of an SMTP server, such as smtps://user:password@host:465; set it, and start again',
  ],
  [
    email('OPS', { from: 'a@b.example', to: ['c@d.example'] }),
    { OPS: 'smtps://u:p%40ss@mail.example' },
    undefined,
  ],
] as const)('settings of %j are told wrong by their names: %j', async (destination, environment, problem) => {
  expect(settingProblem(environment, destination)).toBe(problem)
  const outcome = problem && (await createNotify(environment)(destination, MESSAGE, SOON()))
  if (problem !== undefined) expect(outcome).toEqual({ kind: 'failed', detail: problem, isRefused: false })
})
