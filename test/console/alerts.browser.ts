import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerAlerts } from './alert-answers.ts'
import { accessProblems, settled, startBrowser } from './browser.ts'
import { createVisits } from './visits.ts'
import { fleetReports, goodEvents, startWorld, type World } from './world.ts'

const KEYS = 'admin:admin-key,read:read-key,write:write-key'
/** Shown as text wherever it stands, or else it runs. */
const HOSTILE = '<img src=x onerror="window.wasRun=1"><script>window.wasRun=1</script>'

let browser: Browser
let world: World
beforeAll(async () => {
  ;[browser, world] = await Promise.all([startBrowser(), startWorld(KEYS)])
  const now = Math.floor(Date.now() / 60_000) * 60_000
  await world.send(fleetReports(20, now - 1_800_000, now))
  await world.send(goodEvents(200, 12))
})
afterAll(async () => {
  await browser.close()
  await world.close()
})

const opened = createVisits(() => browser)
const open = (path: string, more: { key?: string; expected?: readonly number[] } = {}) =>
  opened(path, { url: world.url, ...more })

describe('the alerts', () => {
  test('are silenced with a reason, and the silence is ended; the history has both', async () => {
    const page = await open('/alerts')
    await page.getByRole('heading', { level: 2, name: 'The fleet runs hot' }).waitFor()
    await page.getByText('temperature_mean above 60, in 3 windows of a minute in a row').waitFor()
    await page.getByText('Nobody: this page, the API and the command line show it.').waitFor()
    await page.getByRole('button', { name: 'Silence…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Silence The fleet runs hot?' })
    expect(await accessProblems(page)).toEqual([])
    await dialog.getByLabel('For').selectOption('30m')
    await dialog.getByLabel('Why').fill(HOSTILE)
    await dialog.getByRole('button', { name: 'Silence' }).click()
    await page.getByText(/^Silent until .* UTC, by admin-1: <img src=x/).waitFor()
    await page.getByRole('cell', { name: 'silenced', exact: true }).waitFor()
    await page.getByRole('button', { name: 'End the silence…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'End the silence' }).click()
    await page.getByRole('button', { name: 'Silence…' }).waitFor()
    await page.getByRole('cell', { name: 'silence ended' }).waitFor()
    expect(await page.evaluate('window.wasRun')).toBeUndefined()
    expect(await accessProblems(page)).toEqual([])
  })

  test('are not silenced by a key that may only read, and the page says so', async () => {
    const page = await open('/alerts', { key: 'read-key', expected: [403] })
    await page.getByRole('button', { name: 'Silence…' }).click()
    await page.getByLabel('Why').fill('a drill')
    await page.getByRole('dialog').getByRole('button', { name: 'Silence' }).click()
    await page
      .getByRole('dialog')
      .getByText(/needs a key with the scope admin/)
      .waitFor()
  })

  test('say how to declare one where there is none', async () => {
    const page = await open('/explore')
    await answerAlerts(page, { alerts: [] })
    await page.getByRole('link', { name: 'Alerts', exact: true }).click()
    await page.getByRole('heading', { name: 'No alert is declared' }).waitFor()
    await page.getByText('export default defineAlert({').waitFor()
    expect(await accessProblems(page)).toEqual([])
  })

  test('that are not there are said not to be', async () => {
    const page = await open('/alerts?name=nothing')
    await page.getByRole('heading', { name: 'No alert is called nothing' }).waitFor()
  })
})

describe('the dashboards', () => {
  test('draw what is pinned, and each chart leads to its question', async () => {
    const page = await open('/dashboards')
    await page.getByRole('heading', { level: 2, name: 'The fleet today' }).waitFor()
    await page.getByRole('img', { name: /^Reports a minute over time/ }).waitFor()
    await settled(page)
    expect(await page.locator('.chart canvas').count()).toBeGreaterThanOrEqual(3)
    expect(await accessProblems(page)).toEqual([])
    await page.getByRole('link', { name: 'Open Mean charge on the page Metrics' }).click()
    await page.getByRole('heading', { level: 1, name: 'Metrics' }).waitFor()
    expect(new URL(page.url()).search).toBe(
      '?metric=fleet_minutely&measure=charge_mean&range=1h&window=minute&by=is_docked',
    )
  })

  test('are given the file that has a chart more, to copy or to save', async () => {
    const page = await open('/explore?metric=trips_hourly&measure=trips&range=24h&where.hoverboard_id=2')
    await page.getByRole('button', { name: 'Pin…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Pin this chart to a dashboard' })
    await dialog.getByText('pipeline/dashboards/trips_hourly.json').waitFor()
    await dialog.getByLabel('Dashboard').selectOption('fleet')
    await dialog.getByText('pipeline/dashboards/fleet.json').waitFor()
    expect(await accessProblems(page)).toEqual([])
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Save as a file' }).click(),
    ])
    expect(file.suggestedFilename()).toBe('fleet.json')
    await dialog.getByRole('button', { name: 'Copy' }).click()
    const { charts } = JSON.parse(await page.evaluate<string>('navigator.clipboard.readText()')) as {
      charts: object[]
    }
    expect([charts.length, charts.at(-1)]).toEqual([
      5,
      {
        ...{ title: 'Trips an hour, by hoverboard: trips', metric: 'trips_hourly', measure: 'trips' },
        ...{ range: '24h', where: { hoverboard_id: [2] } },
      },
    ])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  test('say where they come from where there is none', async () => {
    const page = await open('/explore')
    await page.route('**/v1/dashboards', route => route.fulfill({ json: { dashboards: [] } }))
    await page.getByRole('link', { name: 'Dashboards', exact: true }).click()
    await page.getByRole('heading', { name: 'No dashboard is declared' }).waitFor()
    expect(await accessProblems(page)).toEqual([])
    await page.getByRole('link', { name: 'Go to Metrics' }).click()
    await page.getByRole('heading', { level: 1, name: 'Metrics' }).waitFor()
  })
})
