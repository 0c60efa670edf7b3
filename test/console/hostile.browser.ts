import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Run } from '../../console/data/api.ts'
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
  await makeKey()
})
afterAll(async () => {
  await browser.close()
  await world.close()
  await pipeline.dispose()
})

const ADMIN = { authorization: 'Bearer admin-key' }

/** One that reads the rows of a hostile value alone. */
async function makeKey(): Promise<void> {
  const headers = { ...ADMIN, 'content-type': 'application/json' }
  const body = JSON.stringify({ name: 'shown', scope: 'read', where: { place: HOSTILE } })
  const answer = await fetch(`${world.url}/v1/keys`, { method: 'POST', headers, body })
  expect(answer.status).toBe(201)
}

/** A run that ended badly, and whose every text that data may get into is hostile. */
const FAILED_RUN: Run = {
  ...{ id: 'shown', machine: 'batch', status: 'failed', input: { [HOSTILE]: HOSTILE } },
  ...{ startedAt: new Date().toISOString(), endedAt: new Date().toISOString(), stoppedBy: HOSTILE },
  ...{ error: { name: HOSTILE, cause: HOSTILE }, held: [HOSTILE] },
  states: [{ name: HOSTILE, enteredAt: new Date().toISOString() }],
  report: {
    epochs: {
      '20260131T120000Z': {
        reconciliation: {
          types: { [HOSTILE]: { raw: 1, curated: 1, duplicates: 0, accepted: 1, problems: [HOSTILE] } },
          metrics: { [HOSTILE]: { compared: 2, different: 1, mismatches: [HOSTILE] } },
          ok: false,
        },
      },
    },
  },
}

/** No run's data get so far here: they are answered in place of the platform. */
async function answerRuns(page: Page): Promise<void> {
  await page.route('**/v1/runs?*', route => route.fulfill({ json: { runs: [FAILED_RUN] } }))
  await page.route('**/v1/runs/shown', route => route.fulfill({ json: FAILED_RUN }))
}

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
  [
    'Overview',
    () => '/',
    async page => {
      await page.getByText('has fields that no contract names').first().waitFor()
    },
  ],
  [
    'Dashboards',
    () => '/dashboards?name=shown',
    async page => {
      await page.getByRole('heading', { level: 2, name: '<img src=x onerror' }).first().waitFor()
    },
  ],
  [
    'Runs',
    () => '/runs',
    async page => {
      await answerRuns(page)
      await page.getByRole('row', { name: /batch failed .*<img src=x/ }).waitFor()
    },
  ],
  [
    'Runs: one of them',
    () => '/runs',
    async page => {
      await answerRuns(page)
      await page
        .getByRole('row', { name: /batch failed .*<img src=x/ })
        .getByRole('link')
        .click()
      await page.getByText('held: <img src=x').waitFor()
      await page.getByText('Input and whole report').click()
    },
  ],
  [
    'Keys',
    () => '/keys',
    async page => {
      await page.getByRole('row', { name: /^shown read · only rows of place = <img src=x/ }).waitFor()
    },
  ],
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
        headers: ADMIN,
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
