import { loadavg } from 'node:os'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBrowser } from './browser.ts'
import { createVisits } from './visits.ts'
import { fleetReports, startWorld, type World } from './world.ts'

/** Changes that a page is told in an hour: one in half a second. */
const HOUR_OF_CHANGES = 7200
const BEGINNING = 400
/** What a browser may have more of in the end, bytes: code that was compiled, and what it keeps by itself. */
const GROWTH = 2_000_000
/** `CONSOLE_SOAK_MINUTES=60`: follows the platform itself for so long, in real time. */
const MINUTES = Number(process.env['CONSOLE_SOAK_MINUTES'] ?? 0)
const PAGE = '/explore?metric=fleet_minutely&measure=reports&range=1h&by=is_docked'

let browser: Browser
let world: World
beforeAll(async () => {
  ;[browser, world] = await Promise.all([startBrowser(), startWorld('admin:admin-key', '20s')])
  const now = Math.floor(Date.now() / 60_000) * 60_000
  await world.send(fleetReports(10, now - 3_600_000, now))
})
afterAll(async () => {
  await browser.close()
  await world.close()
})
const visits = createVisits(() => browser)

type Held = { readonly heap: number; readonly nodes: number; readonly listeners: number }

async function heldBy(session: CDPSession): Promise<Held> {
  // Twice: what ends in the first may let go of more.
  for (let i = 0; i < 2; i++) await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters')
  return { heap: usedSize, nodes, listeners: jsEventListeners }
}

const textOf = ({ heap, nodes, listeners }: Held) =>
  `${(heap / 1e6).toFixed(1)} MB, ${nodes} nodes, ${listeners} listeners`

/**
 * Puts a stream in the place of the platform's: the answer of a question by the minute that goes on, as fast
 * as the page takes it. Windows move, as they do in an hour: the oldest goes when a new one comes.
 */
const STREAM = `
  const asked = window.fetch
  window.told = 0
  window.fetch = async (path, init) => {
    if (!String(path).includes('/stream?')) return asked(path, init)
    const answer = await (await asked(String(path).replace('/stream?', '?'), { headers: init.headers })).json()
    const text = (name, data) => new TextEncoder().encode('id: x-1-' + window.told + '\\nevent: ' + name + '\\ndata: ' + JSON.stringify(data) + '\\n\\n')
    let rows = answer.rows
    const body = new ReadableStream({
      start: controller => controller.enqueue(text('snapshot', answer)),
      async pull(controller) {
        await new Promise(resolve => setTimeout(resolve, 1))
        if (window.told >= window.most) return new Promise(resolve => { window.goOn = resolve })
        window.told++
        const last = rows.at(-1)
        const values = { ...last.values, reports: last.values.reports + 1 }
        const isNext = window.told % 120 === 0
        const window_ = isNext ? new Date(Date.parse(last.window) + 60000).toISOString() : last.window
        const row = { ...last, window: window_, values: isNext ? { ...values, reports: 1 } : values }
        const removed = isNext ? [{ window: rows[0].window, group: rows[0].group }] : []
        rows = isNext ? [...rows.slice(1), row] : [...rows.slice(0, -1), row]
        controller.enqueue(text(isNext ? 'boundary' : 'change', { rows: [{ ...row, at: rows.length - 1 }], removed, provenance: answer.provenance }))
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }`

async function tell(page: Page, changes: number): Promise<void> {
  await page.evaluate(`window.most = ${changes}; window.goOn?.(); window.goOn = undefined`)
  // Asked from here: the page's policy lets nothing be evaluated in it again and again.
  const told = () => page.evaluate<number>('window.told')
  await expect.poll(told, { timeout: 240_000, interval: 200 }).toBeGreaterThanOrEqual(changes)
  await sleep(500)
}

test('an hour of changes leaves a page as large as it was', { timeout: 300_000 }, async () => {
  const page = await visits('/', { url: world.url })
  const session = await page.context().newCDPSession(page)
  await page.evaluate(`window.most = 0; ${STREAM}`)
  await page.evaluate(`history.pushState(null, '', '${PAGE}'); dispatchEvent(new PopStateEvent('popstate'))`)
  await page.getByText('Changes show as they happen.').waitFor()
  await tell(page, BEGINNING)
  const beginning = await heldBy(session)
  const since = performance.now()
  await tell(page, BEGINNING + HOUR_OF_CHANGES)
  const end = await heldBy(session)
  const took = ((performance.now() - since) / 1000).toFixed(0)
  process.stdout.write(
    `an hour of changes (${HOUR_OF_CHANGES}) in ${took} s: ${textOf(beginning)} before, ${textOf(end)} after; load ${loadavg()[0]!.toFixed(1)}\n`,
  )
  expect(end.heap - beginning.heap).toBeLessThan(GROWTH)
  expect(end.nodes).toBeLessThanOrEqual(beginning.nodes + 200)
  expect(end.listeners).toBeLessThanOrEqual(beginning.listeners + 20)
})

test.skipIf(MINUTES === 0)(
  `${MINUTES} minutes with the platform leave a page as large as it was`,
  { timeout: (MINUTES + 5) * 60_000 },
  async () => {
    const page = await visits(PAGE, { url: world.url })
    const session = await page.context().newCDPSession(page)
    await page.getByText('Changes show as they happen.').waitFor()
    const held: Held[] = []
    for (let minute = 0; minute <= MINUTES; minute++) {
      const until = performance.now() + 60_000
      for (; performance.now() < until; await sleep(500)) {
        const at = Math.floor(Date.now() / 60_000) * 60_000
        await world.send(fleetReports(3, at, at + 60_000))
      }
      held.push(await heldBy(session))
      process.stdout.write(`minute ${minute}: ${textOf(held.at(-1)!)}\n`)
    }
    // The first minute fills what the page keeps of its own.
    expect(held.at(-1)!.heap - held[0]!.heap).toBeLessThan(GROWTH)
    expect(held.at(-1)!.nodes).toBeLessThanOrEqual(held[0]!.nodes + 500)
  },
)
