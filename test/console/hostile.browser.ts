import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessProblems, NARROW, settled, startBrowser } from './browser.ts'
import { HOSTILE, hostileEvents, makeHostilePipeline } from './hostile-pipeline.ts'
import { createVisits } from './visits.ts'
import { startWorld, type World } from './world.ts'

/**
 * A platform whose alert fires, with markup in all that a sender or a declaration can put anywhere: every
 * page that shows some of it shows text.
 */

let browser: Browser
let world: World
let pipeline: Awaited<ReturnType<typeof makeHostilePipeline>>
let sentAt: number
beforeAll(async () => {
  pipeline = await makeHostilePipeline()
  ;[browser, world] = await Promise.all([
    startBrowser(),
    startWorld('admin:admin-key', '5s', pipeline.folder),
  ])
  const events = hostileEvents(5)
  // Twice, so that there are duplicates; and some that are rejected with all that is in them.
  await world.send([...events, events[0]!])
  await world.send(hostileEvents(2).map(one => ({ ...one, data: { place: 7, [HOSTILE]: HOSTILE } })))
  sentAt = Date.now()
  await world.published()
})
afterAll(async () => {
  await browser.close()
  await world.close()
  await pipeline.dispose()
})

const opened = createVisits(() => browser)

/** Nothing has run, nothing was made of markup, and the markup is to be read. */
async function isText(page: Page): Promise<void> {
  await settled(page)
  await page.getByText('<img src=x onerror').filter({ visible: true }).first().waitFor()
  expect(await page.evaluate('window.wasRun')).toBeUndefined()
  expect(await page.locator('main img, main script').count()).toBe(0)
}

const group = encodeURIComponent(JSON.stringify({ place: HOSTILE }))
const minute = () => new Date(Math.floor(sentAt / 60_000) * 60_000).toISOString().replace('.000', '')

test.each<[string, () => string, ((page: Page) => Promise<void>)?]>([
  ['Metrics', () => '/explore?metric=shown_minutely&measure=shown&range=1h&by=place'],
  [
    'Explain',
    () => `/explain?metric=shown_minutely&measure=shown&window=minute&by=place&group=${group}&at=${minute()}`,
    async page => {
      await page.getByText('Every event was counted again: it adds up').waitFor()
      for (const summary of await page.locator('main summary').all()) await summary.click()
    },
  ],
  [
    'Rejected',
    () => '/rejected',
    async page => {
      await page.getByText('Show events').first().waitFor()
      for (const summary of await page.getByText('Show events').all()) await summary.click()
    },
  ],
  ['Contracts', () => '/contracts?type=com.example.shown'],
  [
    'Lake',
    () => '/lake',
    async page => {
      await page.getByRole('button', { name: /Events by type and day/ }).click()
      await page.getByRole('heading', { name: /^Result/ }).waitFor()
      const answer = await page.request.post(`${world.url}/v1/lake/query`, {
        headers: { authorization: 'Bearer admin-key' },
        data: { sql: 'SELECT * FROM curated.shown' },
      })
      // What the page is asked to show next: everything that is stored of these events.
      await page.route('**/v1/lake/query', async route => route.fulfill({ response: answer }))
      await page.getByRole('button', { name: 'Run', exact: true }).click()
    },
  ],
])('what senders and declarations write is text on the page %s', async (_, path, look) => {
  const page = await opened(path(), { url: world.url })
  await look?.(page)
  await isText(page)
})

test('an alert that fires comes first: its groups, who could not be told, what happened', async () => {
  const page = await opened('/alerts', { url: world.url })
  const row = page.getByRole('row', { name: /place = <img src=x .* firing 5/ })
  await row.waitFor({ timeout: 90_000 })
  await page.getByText('NO_SUCH_WEBHOOK_URL', { exact: false }).first().waitFor()
  await page.getByText('1 message waits').waitFor()
  await page.getByRole('row', { name: /firing place = <img src=x .* value 5/ }).waitFor()
  await isText(page)
  expect(await accessProblems(page)).toEqual([])
  const narrow = await opened('/alerts', { url: world.url, view: NARROW })
  await narrow.getByRole('row', { name: /place = <img src=x .* firing/ }).waitFor()
  await isText(narrow)
  expect(await accessProblems(narrow)).toEqual([])
  const health = await page.request.get(`${world.url}/v1/health`, {
    headers: { authorization: 'Bearer admin-key' },
  })
  expect(await health.json()).toMatchObject({
    parts: {
      alerts: {
        status: 'degraded',
        waiting: 1,
        failing: { 'webhook:NO_SUCH_WEBHOOK_URL': expect.any(String) },
      },
    },
  })
}, 150_000)
