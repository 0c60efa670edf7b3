import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../../bench/platform-process.ts'
import type { AlertMessage } from '../../../core/alerts/message.ts'
import type { AnswerOf } from '../../../functions/table.ts'

/**
 * Alerts of a whole platform, killed again and again, told to a real receiver and a real mail server, beside
 * a webhook that takes connections and never answers. Its clock goes 30 times as fast.
 */
const SPEED = 30
const MINUTE = 60_000
const BEGIN = Math.ceil(Date.now() / MINUTE) * MINUTE
const MINUTES = Number(process.env['ALERT_MINUTES'] ?? 30)
const KILLED_AT: ReadonlySet<number> = new Set([4, 9, 10, 17, 22])
const SILENT = { from: 13, to: 23 }
const FROM = Date.now()

type Entry = AnswerOf<'GET /v1/alerts/{name}/history'>['entries'][number]
type Told = readonly [alert: string, state: string, window: string]

const fastNow = () => FROM + (Date.now() - FROM) * SPEED

/** Reports of a minute: busy ones, quiet ones, and some with nothing. */
const reportsOf = (minute: number) => [60, 60, 20, 20, 0, 60, 20][minute % 7]!

describe('alerts of a platform that is killed', () => {
  const messages: AlertMessage[] = []
  const mails: string[] = []
  const hook = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    // One in five is not taken for now.
    if (messages.length % 5 === 4 && !body.includes(messages.at(-1)!.id) && Math.random() < 0.5)
      return void response.writeHead(503).end()
    messages.push(JSON.parse(body) as AlertMessage)
    response.end()
  })
  const smtp = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['STARTTLS'], logger: false },
    async onData(stream, _session, done) {
      let text = ''
      for await (const chunk of stream) text += String(chunk)
      mails.push(text)
      done()
    },
  })
  const dead = createTcpServer(() => undefined)
  let platform: PlatformProcess
  let values: ReadonlyMap<string, number>
  let slowest = 0

  const start = (data?: string) => {
    const address = (server: { address(): unknown }) => `127.0.0.1:${(server.address() as AddressInfo).port}`
    return startPlatformProcess(
      {
        TRIBUTARY_PIPELINE: join(import.meta.dirname, 'pipeline'),
        TRIBUTARY_LOG_LEVEL: 'fatal',
        NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'fast-clock.ts')).href}`,
        ...{ FAST_CLOCK_FROM: String(FROM), FAST_CLOCK_SPEED: String(SPEED) },
        ...{ DRILL_HOOK: `http://${address(hook)}/`, DRILL_DEAD: `http://${address(dead)}/` },
        DRILL_SMTP: `smtp://${address(smtp.server)}`,
      },
      data,
    )
  }

  async function send(minute: number): Promise<void> {
    const at = BEGIN + minute * MINUTE
    const events = Array.from({ length: reportsOf(minute) }, (_, i) => ({
      ...{ specversion: '1.0', id: `${minute}-${i}`, source: '/drill', type: 'com.tributary.hoverboard' },
      time: new Date(at + i * 100).toISOString(),
      data: {
        ...{ id: 1 + i, elevation: 35, temperature: 20, humidity: 0.4, charge: 0.5, speed: 2, weight: 70 },
        ...{ acceleration: 0.1, magnetic_field: 48, is_docked: false },
        location: { longitude: 13.4, latitude: 52.5 },
      },
    }))
    if (events.length === 0) return
    const begun = performance.now()
    await fetch(`http://127.0.0.1:${platform.port}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${platform.key}`,
        'content-type': 'application/cloudevents-batch+json',
      },
      body: JSON.stringify(events),
    })
    slowest = Math.max(slowest, performance.now() - begun)
  }

  beforeAll(async () => {
    hook.listen(0, '127.0.0.1')
    dead.listen(0, '127.0.0.1')
    smtp.listen(0, '127.0.0.1')
    await Promise.all([once(hook, 'listening'), once(dead, 'listening'), once(smtp.server, 'listening')])
    platform = await start()
    let isSilent = false
    for (let minute = 0; minute < MINUTES; minute++) {
      const wait = (BEGIN + minute * MINUTE + 10_000 - fastNow()) / SPEED
      // A minute that went by while the platform was down has no events, which its alerts have to say.
      if (wait < -0.25 * (MINUTE / SPEED)) continue
      await sleep(Math.max(0, wait))
      await send(minute)
      if (minute >= SILENT.from && !isSilent) {
        isSilent = true
        const until = new Date(BEGIN + SILENT.to * MINUTE).toISOString()
        await platform.post('/v1/alerts/silent/silence', { until, why: 'a drill' })
      }
      if (!KILLED_AT.has(minute)) continue
      // Somewhere in the second half of the minute, or while it is judged.
      await sleep(Math.random() * 1.4 * (MINUTE / SPEED))
      const { data } = platform
      await platform.stop('SIGKILL')
      platform = await start(data)
    }
    // Until the last verdict has been sent.
    await sleep(8000)
    const answer = await platform.get<AnswerOf<'GET /v1/metrics/{name}'>>('/v1/metrics/fleet_minutely?by=')
    values = new Map(answer.rows.map(({ window, values: { reports } }) => [window, Number(reports)]))
  }, 300_000)

  afterAll(async () => {
    await platform.stop('SIGKILL')
    platform.dispose()
    hook.close()
    dead.close()
    smtp.close(() => undefined)
  })

  const historyOf = async (alert: string): Promise<readonly Entry[]> => {
    const path = `/v1/alerts/${alert}/history?limit=1000`
    return (await platform.get<AnswerOf<'GET /v1/alerts/{name}/history'>>(path)).entries.toReversed()
  }

  /** What the numbers of all windows that were judged say. */
  async function expectedOf(
    alert: string,
    isBreach: (now: number, before: number) => boolean,
  ): Promise<Told[]> {
    const { alerts } = await platform.get<AnswerOf<'GET /v1/alerts'>>('/v1/alerts')
    const through = Date.parse(alerts.find(({ name }) => name === alert)!.judgedThrough!)
    const [begun] = await historyOf(alert)
    const found: Told[] = []
    let isFiring = false
    const first = Math.floor(Date.parse(begun!.at) / MINUTE) * MINUTE
    for (let at = first; at < through; at += MINUTE) {
      const valueAt = (ms: number) => values.get(`${new Date(ms).toISOString().slice(0, 19)}Z`) ?? 0
      const is = isBreach(valueAt(at), valueAt(at - MINUTE))
      const window = `${new Date(at).toISOString().slice(0, 19)}Z`
      if (is !== isFiring) found.push([alert, is ? 'firing' : 'resolved', window])
      isFiring = is
    }
    return found
  }

  const toldByHook = (alert: string): Told[] => {
    const own = messages.filter(message => message.alert === alert)
    return [...new Map(own.map(one => [one.id, one])).values()].map(
      ({ state, window }): Told => [alert, state, window.start],
    )
  }

  const toldByMail = (alert: string): number => {
    const own = mails.filter(mail => mail.includes(`X-Tributary-Alert: ${alert}\r\n`))
    return new Set(own.map(mail => /^Message-ID: (\S+)/im.exec(mail)![1])).size
  }

  test.each([
    ['busy', (now: number) => now > 50],
    ['none', (now: number) => now === 0],
    ['jump', (now: number, before: number) => now - before > 25],
  ] as const)(
    '%s fires and is resolved exactly once each time, by webhook and by mail',
    async (alert, isBreach) => {
      const expected = await expectedOf(alert, isBreach)
      expect(expected.length).toBeGreaterThan(4)
      const history = (await historyOf(alert)).filter(({ kind }) => kind === 'firing' || kind === 'resolved')
      expect(history.map((one): Told => [alert, one.kind, one.window!.start])).toEqual(expected)
      expect(toldByHook(alert)).toEqual(expected)
      expect(toldByMail(alert)).toBe(expected.length)
    },
  )

  test('a silence holds back what begins in it, over a kill', async () => {
    const told = toldByHook('silent')
    expect(told.map(([, state]) => state)).toEqual(told.map((_, i) => (i % 2 === 0 ? 'firing' : 'resolved')))
    const history = await historyOf('silent')
    const { at, until } = history.find(({ kind }) => kind === 'silenced')!
    const inSilence = history.filter(one => one.kind === 'firing' && one.at > at && one.at < until!)
    expect(inSilence.length).toBeGreaterThan(0)
    const isHeldBack = ({ window }: Entry) =>
      !told.some(([, state, start]) => state === 'firing' && start === window!.start)
    expect(inSilence.filter(isHeldBack)).toEqual(inSilence)
  })

  test('a webhook that never answers delays neither others nor what comes in', async () => {
    const { alerts } = await platform.get<AnswerOf<'GET /v1/alerts'>>('/v1/alerts')
    for (const { to } of alerts) {
      expect(to.map(({ waiting }) => waiting > 0)).toEqual([false, false, true])
    }
    expect(slowest).toBeLessThan(1000)
  })
})
