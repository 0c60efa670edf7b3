import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessProblems, NARROW, startBrowser, WIDE } from './browser.ts'
import { createVisits } from './visits.ts'
import { startWorld, type World } from './world.ts'

let browser: Browser
let world: World
beforeAll(async () => {
  ;[browser, world] = await Promise.all([
    startBrowser(),
    startWorld('admin:admin-key,read:read-key,write:write-key'),
  ])
})
afterAll(async () => {
  await browser.close()
  await world.close()
})
const open = createVisits(() => browser)

const HOSTILE = '<img src=x onerror="window.wasRun=1">'
const SAMPLES = [
  { order_id: 7, amount: 12.5, email: 'ada@example.org', [HOSTILE]: HOSTILE },
  { order_id: 8, amount: 3, email: null, coupon: 'X', [HOSTILE]: '' },
]

for (const view of [WIDE, NARROW])
  test(`samples become the files of a contract and a metric, to be changed and saved, at ${view.width} px`, async () => {
    const page = await open('/contracts', { url: world.url, key: 'read-key', view })
    await page.getByRole('link', { name: 'Declare a new type…' }).click()
    await page.getByLabel(/^Samples/).fill(SAMPLES.map(one => JSON.stringify(one)).join('\n'))
    await page.getByRole('button', { name: 'Draft the files' }).click()
    const contract = page.locator('code').filter({ hasText: 'export default defineContract' })
    const metric = page.locator('code').filter({ hasText: 'export default defineMetric' })
    await contract
      .filter({ hasText: "email: Type.Union([Type.String({ format: 'email' }), Type.Null()])" })
      .waitFor()
    await contract.filter({ hasText: 'coupon: Type.Optional(Type.String())' }).waitFor()
    await contract.filter({ hasText: "sensitive: ['email']" }).waitFor()
    await page.getByLabel('Type, a dotted name of yours').fill('order')
    await page.keyboard.press('Enter')
    await page.getByText('type "order" is not a dotted name').first().waitFor()
    await page.getByLabel('Type, a dotted name of yours').fill('com.example.order')
    await page.keyboard.press('Enter')
    await contract.filter({ hasText: "type: 'com.example.order'" }).waitFor()
    await page.getByLabel('coupon is declared').uncheck()
    await contract.filter({ hasNotText: 'coupon' }).waitFor()
    await page.getByRole('button', { name: 'Add a measure' }).click()
    await metric.filter({ hasText: "measure_3: distinct('order_id')" }).waitFor()
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save order.ts' }).click()
    expect((await saving).suggestedFilename()).toBe('order.ts')
    expect(await page.evaluate('window.wasRun')).toBe(undefined)
    expect(await accessProblems(page)).toEqual([])
  })

test('what is no sample is told as that, and a key that may not read sees why', async () => {
  const page = await open('/contracts?declare=new', { url: world.url })
  for (const [text, said] of [
    ['{a', 'This is no JSON'],
    ['[1]', 'A sample is a JSON object'],
  ] as const) {
    await page.getByLabel(/^Samples/).fill(text)
    await page.getByRole('button', { name: 'Draft the files' }).click()
    await page.getByText(said).waitFor()
  }
  const other = await open('/contracts?declare=new', { url: world.url, key: 'write-key', expected: [403] })
  await other.getByLabel(/^Samples/).fill('{"a":1}')
  await other.getByRole('button', { name: 'Draft the files' }).click()
  await other.getByText('this call needs a key with the scope read').waitFor()
})
