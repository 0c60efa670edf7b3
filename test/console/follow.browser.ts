import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBrowser } from './browser.ts'
import { createVisits } from './visits.ts'
import { goodEvents, startWorld, type World } from './world.ts'

let browser: Browser
let world: World
beforeAll(async () => {
  ;[browser, world] = await Promise.all([startBrowser(), startWorld('admin:admin-key,read:read-key')])
  await world.send(goodEvents(100))
})
afterAll(async () => {
  await browser.close()
  await world.close()
})
const visits = createVisits(() => browser)

const PAGE = '/explore?metric=trips_hourly&measure=trips&range=24h'
const totalOf = (text: string | null) => Number(/[\d,]+/.exec(text ?? '')?.[0].replaceAll(',', ''))

describe('the page Metrics', () => {
  test('shows changes as they happen, without asking for them, and what a run has made exact', async () => {
    const page = await visits(PAGE, { url: world.url })
    await page.getByText('Changes show as they happen.').waitFor()
    const total = page.locator('p.number .strong')
    const before = totalOf(await total.textContent())
    const asked: string[] = []
    page.on('request', request => asked.push(request.url()))
    await world.send(goodEvents(40))
    await expect.poll(async () => totalOf(await total.textContent()), { timeout: 5000 }).toBe(before + 20)
    await world.published()
    await page.locator('.badge', { hasText: 'exact' }).first().waitFor()
    const merged = asked.filter(url => url.includes('/v1/metrics/') && !url.includes('layer=batch'))
    // Once after a boundary moved, with what the batch layer has.
    expect(merged.length).toBeLessThanOrEqual(asked.filter(url => url.includes('layer=batch')).length)
    expect(asked.filter(url => url.includes('key='))).toEqual([])
  })

  test('asks again and again where no stream is to be had, says so, and follows when there is one', async () => {
    const page = await visits('/', { url: world.url, expected: [503] })
    const detail = 'there are 1000 listeners'
    await page.route('**/stream?*', route =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: JSON.stringify({ detail }),
      }),
    )
    await page.getByRole('link', { name: 'Metrics', exact: true }).click()
    await page.evaluate(
      `history.pushState(null, '', ${JSON.stringify(PAGE)}); dispatchEvent(new PopStateEvent('popstate'))`,
    )
    await page.getByText(`Asked again every few seconds, as changes are not told: ${detail}`).waitFor()
    const total = page.locator('p.number .strong')
    const before = totalOf(await total.textContent())
    await world.send(goodEvents(10))
    await expect.poll(async () => totalOf(await total.textContent()), { timeout: 8000 }).toBe(before + 5)
    await page.unroute('**/stream?*')
    await page.getByLabel('Measure').selectOption({ index: 1 })
    await page.getByText('Changes show as they happen.').waitFor()
  })

  test('follows nothing while nobody looks, and goes on from there', async () => {
    const page = await visits(PAGE, { url: world.url })
    await page.getByText('Changes show as they happen.').waitFor()
    const again = page.waitForRequest(request => request.url().includes('/stream?'))
    const look = (isHidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} })
        document.dispatchEvent(new Event('visibilitychange'))`)
    await look(true)
    await look(false)
    expect((await again).headers()['last-event-id']).toMatch(/^\w{6}-\w+-\d+$/)
    const total = page.locator('p.number .strong')
    const before = totalOf(await total.textContent())
    await world.send(goodEvents(10))
    await expect.poll(async () => totalOf(await total.textContent()), { timeout: 8000 }).toBe(before + 5)
  })
})
