import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBrowser } from './browser.ts'
import { createVisits } from './visits.ts'
import { fleetReports, startWorld, type World } from './world.ts'

/** Minutes of the last week: so many points of one line. */
const POINTS = 10_060
const LOOK_MS = 20_000
/** A second without a frame is one that somebody sees. */
const DROPPED_MS = 1000
const BATCH = 2000

let browser: Browser
let world: World
beforeAll(async () => {
  ;[browser, world] = await Promise.all([startBrowser(), startWorld('admin:admin-key', '1h')])
  const now = Math.floor(Date.now() / 60_000) * 60_000
  for (let at = 0; at < POINTS; at += BATCH) {
    const to = now - at * 60_000
    await world.send(fleetReports(2, to - Math.min(BATCH, POINTS - at) * 60_000, to))
  }
})
afterAll(async () => {
  await browser.close()
  await world.close()
})
const visits = createVisits(() => browser)

/** From when it is added on, how long the page goes without a frame, and how long its tasks take, ms. */
const WATCH = `
  window.seen = { gaps: [], tasks: [], last: performance.now() }
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) window.seen.tasks.push(duration)
  }).observe({ type: 'longtask' })
  const frame = now => {
    window.seen.gaps.push(now - window.seen.last)
    window.seen.last = now
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)`

type Seen = { readonly gaps: readonly number[]; readonly tasks: readonly number[] }

const seenIn = (page: Page) =>
  page.evaluate<Seen>(
    'const { gaps, tasks } = window.seen; window.seen.gaps = []; window.seen.tasks = []; ({ gaps, tasks })',
  )
const most = (all: readonly number[]) => Math.round(Math.max(0, ...all))

test('ten thousand points are drawn, and kept up as events come, without a second that has no frame', async () => {
  const page = await visits('/', { url: world.url })
  await page.evaluate(WATCH)
  const since = performance.now()
  await page.evaluate(
    `history.pushState(null, '', '/explore?metric=fleet_minutely&measure=reports&range=7d&by='); dispatchEvent(new PopStateEvent('popstate'))`,
  )
  await page.locator('canvas').waitFor()
  const drawnMs = Math.round(performance.now() - since)
  const rows = Number(
    /[\d,]+/.exec((await page.locator('h2 .number').textContent())!)![0].replaceAll(',', ''),
  )
  expect(rows).toBeGreaterThanOrEqual(10_000)
  const first = await seenIn(page)
  await page.getByText('Changes show as they happen.').waitFor()
  const total = page.locator('p.number .strong')
  const before = await total.textContent()
  const end = performance.now() + LOOK_MS
  for (; performance.now() < end; await sleep(400)) {
    const minute = Math.floor(Date.now() / 60_000) * 60_000 - 60_000
    await world.send(fleetReports(20, minute, minute + 60_000))
  }
  await expect.poll(() => total.textContent(), { timeout: 5000 }).not.toBe(before)
  const live = await seenIn(page)
  const frames = Math.round((live.gaps.length / LOOK_MS) * 1000)
  process.stdout.write(
    `${rows} points: drawn ${drawnMs} ms after they were asked for, longest task ${most(first.tasks)} ms, longest time without a frame ${most(first.gaps)} ms; ` +
      `kept up for ${LOOK_MS / 1000} s: longest task ${most(live.tasks)} ms, ${most(live.gaps)} ms without a frame, ${frames} frames/s; load ${loadavg()[0]!.toFixed(1)}\n`,
  )
  expect(most(first.gaps)).toBeLessThan(DROPPED_MS)
  expect(most(live.gaps)).toBeLessThan(DROPPED_MS)
})
