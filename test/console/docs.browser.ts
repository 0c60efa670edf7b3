import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessProblems, NARROW, settled, startBrowser, WIDE } from './browser.ts'
import { createVisits } from './visits.ts'
import { startWorld, type World } from './world.ts'

let browser: Browser
let world: World
beforeAll(async () => {
  ;[browser, world] = await Promise.all([startBrowser(), startWorld('admin:admin-key,read:read-key')])
})
afterAll(async () => {
  await browser.close()
  await world.close()
})
const open = createVisits(() => browser)

describe('the page of the API', () => {
  test('is reached from the metrics, and shows every call with parameters, answers and a command', async () => {
    const page = await open('/explore', { url: world.url })
    await page.getByRole('link', { name: 'All calls of the API' }).click()
    await page.getByRole('heading', { level: 1, name: 'The API' }).waitFor()
    await settled(page)
    expect(await page.title()).toBe('The API · Tributary')
    const description = (await (await fetch(`${world.url}/openapi.json`)).json()) as { paths: object }
    const calls = Object.values(description.paths).flatMap(methods => Object.keys(methods as object))
    expect(await page.locator('summary .badge').count()).toBe(calls.length)
    const call = page.locator('details', {
      has: page.getByText('/v1/metrics/{name}/stream', { exact: true }),
    })
    await call.locator('summary').click()
    await call.getByRole('cell', { name: 'where.*' }).waitFor()
    await call.getByText('text/event-stream').waitFor()
    expect(await call.locator('pre').last().textContent()).toBe(
      `curl -s -H "Authorization: Bearer $TRIBUTARY_KEY" '${world.url}/v1/metrics/{name}/stream'`,
    )
  })

  test('finds calls by words, and says where there are none', async () => {
    const page = await open('/docs', { url: world.url, key: 'read-key' })
    await page.getByLabel('Find a call').fill('post /v1/beacon')
    await expect.poll(() => page.locator('summary .badge').count()).toBe(1)
    await page.getByLabel('Find a call').fill('nothing like it')
    await page.getByText('No call has these words.').waitFor()
  })

  test('says so where the description cannot be had, and asks again', async () => {
    const page = await open('/runs', { url: world.url, expected: [503] })
    await page.route('**/openapi.json', route => route.fulfill({ status: 503, body: '{"detail":"busy"}' }))
    await page.evaluate(`history.pushState(null, '', '/docs'); dispatchEvent(new PopStateEvent('popstate'))`)
    await page.getByRole('alert').getByText('busy').waitFor()
    await page.unroute('**/openapi.json')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('summary .badge').first().waitFor()
  })

  for (const view of [WIDE, NARROW])
    test(`can be read and heard, ${view.width} px wide and ${view.theme}`, async () => {
      const page = await open('/docs', { url: world.url, view })
      await settled(page)
      await page.locator('summary').first().click()
      expect(await accessProblems(page)).toEqual([])
    })
})
