import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessProblems, NARROW, startBrowser } from './browser.ts'
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
const opened = createVisits(() => browser)

const reads = (secret: string) =>
  fetch(`${world.url}/v1/metrics`, { headers: { authorization: `Bearer ${secret}` } })

test('a key is made with its limits, its secret shown once, and revoked', async () => {
  const page = await opened('/keys', { url: world.url, expected: [400] })
  await page.getByRole('row', { name: /admin-1 admin in the settings/ }).waitFor()
  await page.getByRole('button', { name: 'Make a key…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Make a key' })
  await dialog.getByLabel('Name').fill('shop')
  await dialog.getByLabel('Scope').fill('raed')
  await dialog.getByLabel('Rows it reads, as JSON').fill('{hoverboard_id: 2')
  expect(await accessProblems(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Make a key' }).click()
  await dialog.getByText('The rows are not a JSON object').waitFor()
  await dialog.getByLabel('Rows it reads, as JSON').fill('{"hoverboard_id": 2}')
  await dialog.getByRole('button', { name: 'Make a key' }).click()
  await dialog.getByText(/did you mean read\?/).waitFor()
  await dialog.getByLabel('Scope').fill('read')
  await dialog.getByLabel('Requests a second').fill('20')
  await dialog.getByRole('button', { name: 'Make a key' }).click()

  const shown = page.getByRole('status', { name: 'The secret of shop' })
  const secret = (await shown.locator('code').textContent()) ?? ''
  expect(secret).toMatch(/^trb_[\w-]{43}$/)
  expect((await reads(secret)).status).toBe(200)
  const row = page.getByRole('row', {
    name: /^shop read · only rows of hoverboard_id = 2 · 20 requests a second .*by admin-1/,
  })
  await row.waitFor()
  expect(await accessProblems(page)).toEqual([])
  await page.getByRole('button', { name: 'I have kept it' }).click()
  expect(await page.content()).not.toContain(secret)

  await page.getByRole('button', { name: 'Revoke shop…' }).click()
  await page.getByRole('dialog', { name: 'Revoke shop?' }).getByRole('button', { name: 'Revoke' }).click()
  await row.waitFor({ state: 'detached' })
  expect((await reads(secret)).status).toBe(401)
})

test('keys can be read on a narrow screen, and what a key of scope read may not see is said', async () => {
  const narrow = await opened('/keys', { url: world.url, view: NARROW })
  await narrow.getByRole('row', { name: /read-2/ }).waitFor()
  expect(await accessProblems(narrow)).toEqual([])
  const reader = await opened('/keys', { url: world.url, key: 'read-key', expected: [403] })
  await reader.getByText(/needs a key with the scope admin/).waitFor()
})
