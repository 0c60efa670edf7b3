import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AlertMessage } from '../../../core/alerts/message.ts'
import { openLmdbAlerts } from '../../../drivers/alerts/lmdb.ts'
import { FOLDER } from '../../local/test-platform.ts'
import { BEGIN, SILENT, tripsAt } from './alert-life.ts'

const MINUTE = 60_000
const MINUTES = Number(process.env['ALERT_MINUTES'] ?? 40)
const SEED = Number(process.env['SEED'] ?? Date.now() % 1e6)
const LIFE = join(import.meta.dirname, 'alert-life.ts')

type Received = { readonly path: string; readonly headers: Record<string, unknown>; readonly body: unknown }

/** A real receiver, which refuses one request in four for now. */
async function receiver(random: () => number) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    if (random() < 0.25) return void response.writeHead(503).end()
    received.push({ path: request.url!, headers: request.headers, body: JSON.parse(text) })
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, received, url: addressOf(server) }
}

const addressOf = (server: Pick<Server, 'address'>) =>
  `http://127.0.0.1:${(server.address() as { port: number }).port}`

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x7fffffff
  }
}

/** Windows of concern in a row → when it fires and when that is over, by minutes. */
function expected(isBreach: (minute: number) => boolean, inRow: number): [string, number][] {
  const found: [string, number][] = []
  let run = 0
  // The last window that is over, with the lateness, when the world ends.
  for (let minute = 0; minute < MINUTES - 1; minute++) {
    const before = run
    run = isBreach(minute) ? run + 1 : 0
    if (run === inRow) found.push(['firing', minute])
    if (run === 0 && before >= inRow) found.push(['resolved', minute])
  }
  return found
}

const ABOVE = (minute: number) => tripsAt(minute) > 50
const KINDS = {
  many: expected(ABOVE, 2),
  none: expected(minute => tripsAt(minute) === 0, 1),
  jump: expected(minute => tripsAt(minute - 1) > 0 && tripsAt(minute) / tripsAt(minute - 1) > 5, 1),
}

describe(`alerts of every kind, over kill -9 again and again (seed ${SEED})`, () => {
  const random = randomFrom(SEED)
  let folder: string
  let hook: Awaited<ReturnType<typeof receiver>>
  const dead = createTcpServer(() => undefined)
  let kills = 0
  let seconds = 0

  const lifeOnce = async (longestMs: number): Promise<boolean> => {
    const child = spawn(process.execPath, [LIFE, folder, FOLDER, String(MINUTES)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...{
          ALERT_HOOK: `${hook.url}/hook?key=s3cret`,
          ALERT_TOKEN: 't0ken',
          ALERT_SLACK: `${hook.url}/slack`,
        },
        // It takes connections, and never says a word.
        ALERT_DEAD: addressOf(dead),
      },
    })
    let said = ''
    child.stdout.on('data', chunk => {
      said += String(chunk)
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), longestMs)
    await once(child, 'close')
    clearTimeout(timer)
    return said.includes('done')
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alert-life-'))
    hook = await receiver(random)
    dead.listen(0, '127.0.0.1')
    await once(dead, 'listening')
    const begun = performance.now()
    while (!(await lifeOnce(kills < 6 ? 350 + random() * 400 : 30_000))) kills++
    seconds = (performance.now() - begun) / 1000
  }, 60_000)

  afterAll(async () => {
    hook.server.close()
    dead.close()
    await rm(folder, { recursive: true })
  })

  /** What a receiver has that drops messages with an id it has had. */
  const told = (alert: string) => {
    const messages = hook.received
      .filter(({ path }) => path.startsWith('/hook'))
      .map(({ body }) => body as AlertMessage)
    const own = messages.filter(message => message.alert === alert)
    return [...new Map(own.map(message => [message.id, message])).values()].map(
      ({ state, window }) => [state, (Date.parse(window.start) - BEGIN) / MINUTE] as [string, number],
    )
  }

  test.each(Object.entries(KINDS))(
    '%s fires and is resolved exactly once each time, in order',
    (alert, all) => {
      expect(all.length).toBeGreaterThan(4)
      expect(told(alert)).toEqual(all)
      expect(kills).toBeGreaterThanOrEqual(3)
    },
  )

  test('what fires in a silence is told once, after it; what is over after being told is told', () => {
    const all = expected(ABOVE, 1)
    const isIn = (minute: number) => minute >= SILENT.from && minute < SILENT.to
    const firing = told('silent').filter(([state]) => state === 'firing')
    // The window is judged 15 s after its end.
    expect(firing.every(([, minute]) => !isIn(minute + 1.25))).toBe(true)
    expect(firing.length).toBeLessThan(all.filter(([state]) => state === 'firing').length)
    const states = told('silent').map(([state]) => state)
    expect(states).toEqual(states.map((_, i) => (i % 2 === 0 ? 'firing' : 'resolved')))
  })

  test('each verdict is in the history exactly once, and so is each message, as sent or as waiting', async () => {
    const store = openLmdbAlerts(join(folder, 'alerts'))
    try {
      const entries = await store.history('many', { limit: 1000 })
      const verdicts = entries.filter(({ kind }) => kind === 'firing' || kind === 'resolved')
      const shown = verdicts.map(entry => [
        entry.kind,
        'window' in entry ? (entry.window - BEGIN) / MINUTE : -1,
      ])
      expect(shown.toReversed()).toEqual(KINDS.many)
      const sent = entries.filter(
        entry => entry.kind === 'sent' && entry.destination === 'webhook:ALERT_HOOK',
      )
      expect(sent.length).toBe(KINDS.many.length)
      const [{ count } = { count: 0 }] = (await store.waiting()).filter(({ first }) =>
        first.destination.includes('DEAD'),
      )
      const all = Object.keys(KINDS).concat('silent').flatMap(told)
      expect(count).toBe(all.length)
    } finally {
      await store.close()
    }
  })

  test('messages carry their id and the token, and Slack gets text', () => {
    for (const { path, headers, body } of hook.received) {
      if (path.startsWith('/hook'))
        expect(headers).toMatchObject({
          'idempotency-key': (body as AlertMessage).id,
          authorization: 'Bearer t0ken',
        })
      else expect(Object.keys(body as object)).toEqual(['text'])
    }
    const slackTexts = hook.received
      .filter(({ path }) => path === '/slack')
      .map(({ body }) => JSON.stringify(body))
    expect(slackTexts.some(text => text.includes('FIRING: many: reports above 50, it is 100'))).toBe(true)
  })

  test('a webhook that never answers delays nobody', () => {
    // Ten seconds for each of its messages would have been minutes.
    expect(seconds).toBeLessThan(20)
  })

  test('no secret is kept', async () => {
    await pause(0)
    const { readFile } = await import('node:fs/promises')
    const bytes = await readFile(join(folder, 'alerts', 'data.mdb'))
    for (const secret of ['s3cret', 't0ken']) expect(bytes.includes(secret)).toBe(false)
  })
})
