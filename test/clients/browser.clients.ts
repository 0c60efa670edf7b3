import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'

/**
 * Pages in a real browser, of an origin that may send and of one that may not. A page does what its script
 * says and posts what came of it to the server it is from.
 */

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']
const browser = BROWSERS.find(name => spawnSync(name, ['--version']).status === 0)
if (browser === undefined)
  console.warn(`SKIPPED: pages in a browser: there is none of ${BROWSERS.join(', ')}`)

const KEY = 'page'
const PATIENCE_MS = 60_000

type Pages = { readonly server: Server; readonly origin: string }

/** Of the page that is open: its script, the headers it comes with, and who waits for what it found. */
let page: { readonly script: string; readonly headers: Record<string, string> }
let found: (value: unknown) => void

let platform: PlatformProcess
let allowed: Pages
let other: Pages
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-browser-'))
  allowed = await servePages()
  other = await servePages()
  platform = await startPlatformProcess({
    TRIBUTARY_PIPELINE: join(import.meta.dirname, '..', '..', 'pipeline'),
    TRIBUTARY_KEYS: `admin:bench-key,browser:${KEY}`,
    TRIBUTARY_ORIGINS: allowed.origin,
    TRIBUTARY_LOG_LEVEL: 'silent',
  })
})
afterAll(async () => {
  for (const { server } of [allowed, other]) {
    server.closeAllConnections()
    server.close()
  }
  await platform?.stop()
  platform?.dispose()
  await rm(folder, { recursive: true, force: true })
})

async function servePages(): Promise<Pages> {
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') found(JSON.parse(await textOf(request)))
    const script = `const report = value => fetch('/', { method: 'POST', body: JSON.stringify(value) });
      (async () => { ${page.script} })().catch(error => report(String(error)))`
    response.writeHead(200, { 'content-type': 'text/html', ...page.headers })
    response.end(`<!doctype html><meta charset="utf-8"><script type="module">${script}</script>`)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { server, origin: `http://localhost:${(server.address() as AddressInfo).port}` }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

/** What `open` may be told beside the script. */
type Opening = {
  /** Of the page's own answer. */
  readonly headers?: Record<string, string>
  /** What the browser stays open for after the report, as beacons may be on their way still. */
  readonly until?: () => Promise<unknown>
}

/** Opens a page whose script calls `report` once, and answers what it reported. */
async function open<T>(
  { origin }: Pages,
  script: string,
  { headers = {}, until = async () => {} }: Opening = {},
): Promise<T> {
  page = { script: `const url = 'http://127.0.0.1:${platform.port}'; ${EVENT} ${script}`, headers }
  const profile = await mkdtemp(join(folder, 'profile-'))
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run']
  let process: ChildProcess | undefined
  try {
    const reported = await new Promise<T>((resolve, reject) => {
      found = value => resolve(value as T)
      setTimeout(() => reject(new Error('the page reported nothing')), PATIENCE_MS).unref()
      const args = [...flags, '--remote-debugging-port=0', `--user-data-dir=${profile}`, origin]
      process = spawn(browser!, args, { stdio: 'ignore', detached: true })
    })
    await until()
    return reported
  } finally {
    await end(process)
  }
}

/** The browser and all processes it has started. */
async function end(process: ChildProcess | undefined): Promise<void> {
  if (process?.pid === undefined || process.exitCode !== null) return
  const gone = new Promise(resolve => process.once('exit', resolve))
  globalThis.process.kill(-process.pid, 'SIGKILL')
  await gone
}

const EVENT = `
  const event = id => ({ specversion: '1.0', id, source: '/page', type: 'com.tributary.flight',
    time: '2001-01-01T12:00:00Z', data: { origin: 'LAS', destination: 'PHL', distance: 2176, delay: 33 } });
  const send = (body, headers = {}) => fetch(url + '/v1/events', { method: 'POST', body: JSON.stringify(body),
    headers: { authorization: 'Bearer ${KEY}', 'content-type': 'application/cloudevents-batch+json', ...headers } });
`

/** What the platform has counted, waited for. */
async function counted(least: number): Promise<number> {
  type Health = { readonly parts: { readonly speed: { readonly counted: number } } }
  for (let tries = 0; ; tries++) {
    const { parts } = await platform.get<Health>('/v1/health')
    if (parts.speed.counted >= least || tries === 40) return parts.speed.counted
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

describe.skipIf(browser === undefined)('a page in a browser', { timeout: 3 * PATIENCE_MS }, () => {
  test('of an allowed origin sends, and reads answers and refusals with their headers', async () => {
    const before = await counted(0)
    const said = await open(
      allowed,
      `const good = await send([event('fetched'), event('again')], { 'ce-extra': 'x', traceparent: 'y' });
       const wrong = await fetch(url + '/v1/events', { method: 'POST', body: '[]',
         headers: { authorization: 'Bearer nobody', 'content-type': 'application/cloudevents-batch+json' } });
       const nowhere = await fetch(url + '/v1/nowhere');
       const reads = await fetch(url + '/v1/contracts', { headers: { authorization: 'Bearer ${KEY}' } });
       report([good.status, await good.json(), wrong.status, wrong.headers.get('www-authenticate'),
         nowhere.status, reads.status])`,
    )
    expect(said).toEqual([
      202,
      expect.objectContaining({ accepted: 2, rejected: [] }),
      401,
      expect.stringMatching(/^Bearer/),
      404,
      403,
    ])
    expect(await counted(before + 2)).toBe(before + 2)
  })

  test('sends beacons: a text, when it is left, and what has no type', async () => {
    const before = await counted(0)
    const said = await open(
      allowed,
      `const to = url + '/v1/beacon?key=${KEY}';
       const now = navigator.sendBeacon(to, JSON.stringify([event('now'), event('nów')]));
       const bytes = navigator.sendBeacon(to, new TextEncoder().encode(JSON.stringify(event('bytes'))));
       addEventListener('pagehide', () => navigator.sendBeacon(to, JSON.stringify(event('left'))));
       addEventListener('pagehide', () => navigator.sendBeacon('/', JSON.stringify([now, bytes])));
       location.href = 'about:blank'`,
      { until: () => counted(before + 4) },
    )
    expect(said).toEqual([true, true])
    expect(await counted(before + 4)).toBe(before + 4)
  })

  test('of another origin is kept from sending, with fetch and with beacons', async () => {
    const before = await counted(0)
    const said = await open(
      other,
      `const failure = await send([event('other')]).then(() => 'sent', error => error.name);
       navigator.sendBeacon(url + '/v1/beacon?key=${KEY}', JSON.stringify(event('other-beacon')));
       const read = await fetch(url + '/v1/health').then(() => 'read', error => error.name);
       setTimeout(() => report([failure, read]), 500)`,
    )
    expect(said).toEqual(['TypeError', 'TypeError'])
    expect(await counted(before + 1)).toBe(before)
  })

  test('that hides where it comes from sends all the same; a frame that has no origin does not', async () => {
    const before = await counted(0)
    const frame = `<script>navigator.sendBeacon('http://127.0.0.1:PORT/v1/beacon?key=${KEY}', '{}')</script>`
    const script = `const sent = await send([event('hidden')]);
      const frame = document.createElement('iframe');
      frame.sandbox = 'allow-scripts';
      frame.srcdoc = atob('${btoa(frame)}').replace('PORT', new URL(url).port);
      document.body.append(frame);
      setTimeout(() => report(sent.status), 1000)`
    expect(await open(allowed, script, { headers: { 'referrer-policy': 'no-referrer' } })).toBe(202)
    expect(await counted(before + 1)).toBe(before + 1)
    const metrics = await fetch(`http://127.0.0.1:${platform.port}/metrics`, {
      headers: { authorization: `Bearer ${platform.key}` },
    })
    // This frame's, and the other page's.
    expect(await metrics.text()).toMatch(/http_requests_total\{[^}]*beacon[^}]*status="403"[^}]*\} 2/)
  })
})
