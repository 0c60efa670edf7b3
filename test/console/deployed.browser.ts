import { resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessProblems, NARROW, settled, startBrowser, visit, WIDE } from './browser.ts'
import { type Distribution, startDistribution } from './distribution.ts'
import { createVisits } from './visits.ts'
import { goodEvents, startWorld, type World } from './world.ts'

const DIST = resolve(import.meta.dirname, '../../console/dist')

let browser: Browser
let world: World
let there: Distribution
beforeAll(async () => {
  ;[browser, world] = await Promise.all([startBrowser(), startWorld('admin:admin-key,read:read-key')])
  there = await startDistribution(DIST, world.url)
  await world.send(goodEvents(60))
  await world.published()
})
afterAll(async () => {
  await Promise.all([browser.close(), there.close()])
  await world.close()
})
const opened = createVisits(() => browser)

const THERE = [
  ['/runs', 'table'],
  ['/contracts', 'main a'],
  ['/explore?metric=flights_daily&measure=flights&range=7d&by=', 'canvas'],
] as const

/** Pages of which AWS has nothing, and what stands in their place. */
const ABSENT = [
  ['/dashboards', 'Dashboards', /address here too/],
  ['/alerts', 'Alerts', /alarms of CloudWatch/],
  ['/lake', 'Lake', /asked by Athena/],
] as const

for (const view of [
  WIDE,
  { ...WIDE, theme: 'dark' as const },
  NARROW,
  { ...NARROW, theme: 'light' as const },
])
  test(`behind CloudFront each page is there or says that it is not on this deployment, ${view.width} px wide and ${view.theme}`, async () => {
    const page = await opened('/', { url: there.url, expected: [404], view })
    for (const [path, heading, instead] of ABSENT) {
      await page.getByRole('link', { name: heading, exact: true }).click()
      await page.getByRole('heading', { level: 2, name: 'Not on this deployment' }).waitFor()
      await page.getByText(instead).waitFor()
      expect([path, await page.getByRole('alert').count()]).toEqual([path, 0])
      expect([path, await page.getByRole('button', { name: 'Try again' }).count()]).toEqual([path, 0])
      expect([path, await accessProblems(page)]).toEqual([path, []])
    }
    for (const [path, shown] of THERE) {
      await page.evaluate(
        `history.pushState(null, '', '${path}'); dispatchEvent(new PopStateEvent('popstate'))`,
      )
      await page.locator(shown).first().waitFor()
      expect([path, await accessProblems(page)]).toEqual([path, []])
    }
    // Numbers are asked for again, as nobody tells of them.
    await page.getByText(/a deployment on AWS does not tell changes by itself/).waitFor()
  })

test('the overview shows what runs proved, and where rates are instead; what is not there is asked for once', async () => {
  const asked: string[] = []
  const page = await opened('/', { url: there.url, expected: [404] })
  page.on('request', request => asked.push(new URL(request.url()).pathname))
  await settled(page)
  await page.getByText(/compared, 0 differ/).waitFor()
  await page.getByText(/namespace Tributary/).waitFor()
  const answered = page.waitForResponse(/\/v1\/health/)
  await answered
  await page.waitForResponse(/\/v1\/health/)
  expect(asked.filter(path => path === '/metrics').length).toBeLessThanOrEqual(1)
  expect(await accessProblems(page)).toEqual([])
})

test('a number has no explanation there, which says where both layers are compared', async () => {
  const page = await opened('/explain?metric=flights_daily&at=2026-01-01T00:00:00Z&by=', {
    ...{ url: there.url, expected: [404] },
  })
  await page.getByText(/reports of the page Runs/).waitFor()
})

test('a key that is not known is told so at the sign-in, though the gateway has its own words for it', async () => {
  const { page, context, troubles } = await visit(browser, there.url, '/', WIDE, [403])
  await page.getByLabel('Key', { exact: true }).fill('nobody')
  await page.keyboard.press('Enter')
  await page.getByText('This key is not known here, or it has ended.').waitFor()
  await context.close()
  expect(troubles).toEqual([])
})
