import { spawnSync } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'
import { type Installed, install, NODE_PACKAGES } from './installed.ts'

/**
 * Clients of others in a page of another origin, in a real browser, on line and off: what a page sends counts
 * once, and what it tried to send without a network arrives when there is one again.
 */

const KEY = 'page-key'
const EACH = 100
const executablePath = ['chromium', 'chromium-browser', 'google-chrome']
  .map(name => spawnSync('which', [name]).stdout?.toString().trim())
  .find(path => path !== undefined && path !== '')

let platform: PlatformProcess
let installed: Installed
let pages: Server
let origin: string
let browser: Browser | undefined
beforeAll(async () => {
  installed = await install('pages', NODE_PACKAGES)
  pages = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<!doctype html><meta charset="utf-8"><title>shop</title>')
  })
  await new Promise<void>(resolve => pages.listen(0, '127.0.0.1', resolve))
  origin = `http://localhost:${(pages.address() as AddressInfo).port}`
  platform = await startPlatformProcess({
    TRIBUTARY_PIPELINE: join(import.meta.dirname, 'doors-pipeline'),
    TRIBUTARY_KEYS: `admin:bench-key,browser:${KEY}`,
    TRIBUTARY_ORIGINS: origin,
  })
  if (executablePath !== undefined)
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
})
afterAll(async () => {
  await browser?.close()
  pages?.closeAllConnections()
  pages?.close()
  await platform?.stop()
  platform?.dispose()
})

async function scriptOf(name: string): Promise<string> {
  const { folder } = installed as { folder: string }
  const bundled = await build({
    ...{ entryPoints: [join(folder, `${name}.js`)], bundle: true, format: 'iife', write: false },
    ...{ platform: 'browser', target: 'es2022', logLevel: 'silent', define: { 'process.env': '{}' } },
  })
  return bundled.outputFiles[0]!.text
}

async function taken(client: string, least: number): Promise<number> {
  type Answer = { rows: readonly { group: { client: string }; values: { taken: number } }[] }
  for (let tries = 0; ; tries++) {
    const { rows } = await platform.get<Answer>('/v1/metrics/steps?window=month')
    const all = rows.filter(({ group }) => group.client === client)
    const count = all.reduce((sum, { values }) => sum + values.taken, 0)
    if (count >= least || tries > 50) return count
    await sleep(200)
  }
}

type Step = { readonly id: string; readonly data: object }
type Given = { readonly host: string; readonly key: string; readonly steps: readonly Step[] }
type Window = { start(given: Given): Promise<void>; track(step: Step): unknown }

const stepsOf = (client: string, from: number): readonly Step[] =>
  Array.from({ length: EACH }, (_, i) => ({
    id: `${client}-${from + i}`,
    data: { client, n: from + i, price: 0.25 },
  }))

const SNIPPET = join(import.meta.dirname, '..', '..', 'examples', 'browser', 'tributary.js')

test('the snippet is at most 2 KB, minified and compressed', async () => {
  const { outputFiles } = await build({ entryPoints: [SNIPPET], minify: true, format: 'esm', write: false })
  expect(gzipSync(outputFiles[0]!.contents, { level: 9 }).length).toBeLessThanOrEqual(2048)
})

test('the snippet explains a broken event, and sends what was left when its page was closed', async context => {
  context.skip(browser === undefined, 'there is no Chromium here')
  const bundled = await build({
    ...{ entryPoints: [SNIPPET], bundle: true, format: 'iife', globalName: 'snippet', write: false },
  })
  const script = `${bundled.outputFiles[0]!.text}
    globalThis.seen = []
    globalThis.track = snippet.tributary({ url: 'http://127.0.0.1:${platform.port}', key: '${KEY}',
      source: '/shop', told: text => seen.push(text) })`
  const inPage = await browser!.newContext()
  const open = async () => {
    const page = await inPage.newPage()
    await page.goto(origin)
    await page.evaluate(script)
    return page
  }
  const send = (page: Page, from: number, count: number) =>
    page.evaluate(
      `for (let n = ${from}; n < ${from + count}; n++) track('com.example.step', { client: 'snippet', n, price: 0.5 })`,
    )
  const first = await open()
  await send(first, 0, 300)
  await first.evaluate("track('com.example.step', { client: 'snippet', n: 'none', price: 1 })")
  expect(await taken('snippet', 300)).toBe(300)
  await expect.poll(() => first.evaluate('seen.join()')).toMatch(/was rejected: .*\/data\/n /)
  // Closed with events that it could not send: they are its storage's, and the next page's.
  await inPage.setOffline(true)
  await send(first, 300, 120)
  await first.close()
  await inPage.setOffline(false)
  const second = await open()
  expect(await taken('snippet', 420)).toBe(420)
  // Left at once: what waits goes with beacons, and again from the storage when somebody comes back.
  await send(second, 420, 60)
  await second.goto('about:blank')
  expect(await taken('snippet', 480)).toBe(480)
  await open()
  await sleep(1500)
  expect(await taken('snippet', 481)).toBe(480)
  await inPage.close()
})

describe.each(['segment', 'snowplow'])('%s in a page of another origin', client => {
  test('sends each event once, also those of when there was no network', async context => {
    context.skip('missing' in installed, 'missing' in installed ? installed.missing : undefined)
    context.skip(browser === undefined, 'there is no Chromium here')
    const script = await scriptOf(client)
    const inPage = await browser!.newContext()
    const page = await inPage.newPage()
    await page.goto(origin)
    await page.evaluate(script)
    const given = { host: `127.0.0.1:${platform.port}`, key: KEY, steps: stepsOf(client, 0) }
    await page.evaluate(one => (globalThis as unknown as Window).start(one), given)
    expect(await taken(client, EACH)).toBe(EACH)
    await inPage.setOffline(true)
    const later = stepsOf(client, EACH)
    await page.evaluate(steps => {
      for (const step of steps) void (globalThis as unknown as Window).track(step)
    }, later)
    await sleep(1000)
    expect(await taken(client, EACH)).toBe(EACH)
    await inPage.setOffline(false)
    // A tracker that has given up for now goes on with the next event.
    await page.evaluate(step => void (globalThis as unknown as Window).track(step), {
      ...{ id: 'last', data: { client, n: 1, price: 0 } },
    })
    expect(await taken(client, 2 * EACH + 1)).toBe(2 * EACH + 1)
    await inPage.close()
  })
})
