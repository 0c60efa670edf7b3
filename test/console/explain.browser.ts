import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessProblems, NARROW, settled, startBrowser } from './browser.ts'
import { createVisits } from './visits.ts'
import { badEvent, goodEvents, startWorld, type World } from './world.ts'

const KEYS = 'admin:admin-key,read:read-key,write:write-key'
/** Shown as text wherever it stands, or else it runs. */
const HOSTILE = '<img src=x onerror="window.wasRun=1"><script>window.wasRun=1</script>'

let browser: Browser
let world: World
beforeAll(async () => {
  ;[browser, world] = await Promise.all([startBrowser(), startWorld(KEYS)])
  const [first, ...others] = goodEvents(300, 1) as readonly Record<string, unknown>[]
  const hostile = { ...first, id: HOSTILE, source: HOSTILE }
  await world.send([hostile, hostile, ...others])
  await world.send([badEvent({ id: HOSTILE, source: HOSTILE, data: { origin: HOSTILE } })])
  await world.published()
})
afterAll(async () => {
  await browser.close()
  await world.close()
})

const opened = createVisits(() => browser)
const open = (path: string, more: { key?: string; expected?: readonly number[] } = {}) =>
  opened(path, { url: world.url, ...more })

/** The number of everything by year, which has all that was sent. */
const WHOLE = `/explain?metric=flights_daily&measure=flights&window=year&at=${new Date().getUTCFullYear()}-01-01T00:00:00Z&by=`

describe('a number', () => {
  test('is explained from a cell of the table: parts that add up to it, events, duplicates, SQL', async () => {
    const page = await open('/explore?metric=flights_daily&range=all&by=origin&window=year')
    const number = page.locator('a.explains').first()
    const shown = await number.textContent()
    await number.click()
    await page.getByText('Every event was counted again: it adds up').waitFor()
    expect(await page.locator('.figure').textContent()).toBe(shown)
    expect(await page.locator('tfoot .number').allTextContents()).toEqual([shown, shown, shown])
    expect(new URL(page.url()).search).not.toMatch(/key/)
    expect(await page.title()).toBe('Explain this number · Tributary')
    await page.getByRole('heading', { name: /Events behind it/ }).waitFor()
    await page.getByText('SELECT count(*) AS events').waitFor()
    expect(await accessProblems(page)).toEqual([])
    await page.getByRole('link', { name: '← Metrics' }).click()
    await page.locator('a.explains').first().waitFor()
  })

  test('is explained from a point of the chart', async () => {
    const page = await open('/explore?metric=trips_hourly&range=6h')
    const chart = page.locator('.chart-plot .u-over')
    const { width, height } = (await chart.boundingBox())!
    await chart.click({ position: { x: width - 60, y: height / 2 } })
    await page.getByText('Every event was counted again: it adds up').waitFor()
  })

  test('may be handed on, at another measure, to a key that reads, which sees no rejected events', async () => {
    const page = await open(WHOLE, { key: 'read-key' })
    await page.getByRole('button', { name: 'delay_mean', exact: true }).click()
    await page.getByRole('rowheader', { name: 'Combined' }).waitFor()
    expect(new URL(page.url()).searchParams.get('measure')).toBe('delay_mean')
    await page.getByText('Which events they are is shown to keys with the scope admin.').waitFor()
  })

  test('shows a hundred events, then the next ones, and back', async () => {
    const page = await open(WHOLE)
    const rows = page.locator('section:has(h2:text("Events behind it")) tbody tr')
    await page.getByRole('button', { name: 'Show the first 100' }).click()
    expect(await rows.count()).toBe(100)
    await page.getByRole('button', { name: 'Next 100' }).click()
    await rows.nth(49).waitFor()
    expect(await rows.count()).toBe(50)
    await page.getByRole('button', { name: 'Back to the first' }).click()
    await page.getByRole('button', { name: 'Show the first 100' }).waitFor()
  })

  test('shows what is in events as text, whatever it is', async () => {
    const page = await open(WHOLE)
    await page.getByRole('heading', { name: 'Left out: duplicates 1' }).waitFor()
    for (const heading of ['Events behind it', 'Left out: duplicates', 'Left out: rejected'])
      await page.locator(`section:has(h2:text("${heading}"))`).getByText('onerror').first().waitFor()
    expect(await page.evaluate('window.wasRun')).toBe(undefined)
    expect(await page.locator('main img, main script').count()).toBe(0)
  })

  test('can be read on a narrow screen in the dark', async () => {
    const page = await opened(WHOLE, { url: world.url, view: NARROW })
    await settled(page)
    await page.locator('.figure').waitFor()
    expect(await accessProblems(page)).toEqual([])
  })
})

describe('a number that cannot be explained', () => {
  test('because nothing is in it says so', async () => {
    const page = await open('/explain?metric=flights_daily&window=day&at=1999-01-01T00:00:00Z&by=')
    await page.getByText('No event is counted in this number').waitFor()
    expect(await accessProblems(page)).toEqual([])
  })

  test('because the address names none leads to the metrics', async () => {
    const page = await open('/explain')
    await page.getByRole('heading', { name: 'Which number?' }).waitFor()
    await page.getByRole('link', { name: 'Go to Metrics' }).click()
    await page.getByRole('heading', { level: 1, name: 'Metrics' }).waitFor()
  })

  test('because no such metric, or window, is there says what is wrong', async () => {
    const page = await open('/explain?metric=nothing&at=2026-01-01T00:00:00Z', { expected: [404] })
    await page.getByRole('heading', { name: 'Not found' }).waitFor()
    const other = await open('/explain?metric=flights_daily&at=2026-01-01T00:07:00Z&by=', { expected: [400] })
    await other.getByText(/no day starts at/).waitFor()
  })

  test('by this key says which one it needs', async () => {
    const page = await open(WHOLE, { key: 'write-key', expected: [403] })
    const alert = page.getByRole('alert').first()
    await alert.getByRole('heading', { name: 'Your key may not see this' }).waitFor()
    expect(await accessProblems(page)).toEqual([])
  })

  test('as the platform fails, or has enough to do, is asked again', async () => {
    const page = await open('/contracts', { expected: [503, 429] })
    let status: number | undefined = 503
    await page.route(/\/explain\?at/, route =>
      status === undefined
        ? route.continue()
        : route.fulfill({ status, body: '{"detail":"too much at once"}' }),
    )
    await page.evaluate(
      `history.pushState(null, '', '${WHOLE}'); dispatchEvent(new PopStateEvent('popstate'))`,
    )
    await page.getByRole('heading', { name: 'The platform does not answer' }).waitFor()
    status = 429
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'The platform refused the question' }).waitFor()
    status = undefined
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('.figure').waitFor()
  })
})
