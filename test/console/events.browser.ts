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
let empty: World
beforeAll(async () => {
  ;[browser, world, empty] = await Promise.all([startBrowser(), startWorld(KEYS), startWorld(KEYS)])
  const [first, second, ...others] = goodEvents(120, 1) as readonly Record<string, unknown>[]
  const hostile = { ...first, id: HOSTILE, source: HOSTILE, subject: HOSTILE }
  const flight = {
    ...first,
    id: 'a-flight',
    data: { origin: '<b>"', destination: "<'>", distance: 1, delay: 2 },
  }
  await world.send([...others, second!, flight, hostile, hostile])
  await world.send([badEvent({ id: HOSTILE, source: HOSTILE, data: { origin: HOSTILE } })])
  await world.published()
})
afterAll(async () => {
  await browser.close()
  await Promise.all([world.close(), empty.close()])
})

const opened = createVisits(() => browser)
const open = (path: string, more: { key?: string; expected?: readonly number[] } = {}) =>
  opened(path, { url: world.url, ...more })

const rowsOf = (page: Awaited<ReturnType<typeof open>>) => page.locator('.events tbody tr')

describe('events', () => {
  test('are shown as they come in, newest first, and counted while the page is paused', async () => {
    const page = await open('/events')
    await page.getByText('live', { exact: true }).waitFor()
    await rowsOf(page).nth(40).waitFor()
    await world.send([{ ...goodEvents(1)[0], id: 'comes-in' }])
    await rowsOf(page).first().getByRole('link', { name: 'comes-in' }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('paused', { exact: true }).waitFor()
    await expect
      .poll(
        async () => {
          await world.send(goodEvents(1))
          return page.getByText(/more came in since you paused/).count()
        },
        { timeout: 15_000, interval: 500 },
      )
      .toBe(1)
    expect(await rowsOf(page).first().textContent()).toContain('comes-in')
    await page.getByRole('button', { name: 'Go on' }).click()
    await expect.poll(() => rowsOf(page).first().textContent()).not.toContain('comes-in')
    expect(await accessProblems(page)).toEqual([])
  })

  test('are filtered, with the filter in the address', async () => {
    const page = await open('/events')
    await rowsOf(page).nth(5).waitFor()
    await page.getByLabel('Outcome').selectOption('duplicate')
    await expect.poll(() => rowsOf(page).count()).toBe(1)
    await page.getByLabel('Outcome').selectOption('')
    await page.getByLabel('Type').selectOption('com.tributary.flight')
    await page.getByLabel('Field').selectOption('origin')
    await page.getByLabel('Value').fill('<b>"')
    await page.keyboard.press('Enter')
    await expect.poll(() => rowsOf(page).count()).toBe(1)
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      ...{ type: 'com.tributary.flight', field: 'origin', value: '<b>"' },
    })
    await page.reload()
    await page.getByLabel('Key', { exact: true }).waitFor()
  })

  test('of before are a click away', async () => {
    const page = await open('/events')
    await rowsOf(page).nth(49).waitFor()
    await page.getByRole('button', { name: 'Older events' }).click()
    await rowsOf(page).nth(80).waitFor()
  })

  test('that do not fit, or are none, are said to be so', async () => {
    const page = await open('/events?text=nothing-has-this')
    await page.getByRole('heading', { name: 'No event of the last day fits' }).waitFor()
    const other = await opened('/events', { url: empty.url })
    await other.getByRole('heading', { name: 'Nothing has come in during the last day' }).waitFor()
    expect(await accessProblems(other)).toEqual([])
  })
})

describe('an event', () => {
  test('leads from the list through its steps to the cells that it moved, and to their explanation', async () => {
    const page = await open('/events?text=a-flight')
    await page.getByRole('link', { name: 'a-flight' }).click()
    await page.getByText('It has arrived everywhere.').waitFor()
    expect(await page.locator('.step.done h3').allTextContents()).toEqual([
      ...['Received', 'Counted', 'In the stream', 'In live numbers', 'In the raw lake'],
      ...['In the curated lake', 'In published numbers'],
    ])
    expect(await accessProblems(page)).toEqual([])
    await page.getByRole('link', { name: 'flights_daily' }).click()
    await page.getByText('Every event was counted again: it adds up').waitFor()
    await page.getByRole('link', { name: 'a-flight' }).first().click()
    await page.getByText('It has arrived everywhere.').waitFor()
  })

  test('leads to the run that published it', async () => {
    const page = await open('/events?id=a-flight')
    await page.locator('.step a').click()
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(page.url()).toContain('/runs?id=')
  })

  test('that was rejected is reached from Rejected, and says why', async () => {
    const page = await open('/rejected')
    await page.getByText('Show events').first().click()
    await page.getByRole('link', { name: 'See what became of this event' }).first().click()
    await page.getByRole('heading', { name: 'It was rejected' }).waitFor()
    await page.getByRole('link', { name: 'See rejected events' }).waitFor()
  })

  test('is shown as text in every field, whatever it has in it', async () => {
    for (const path of ['/events', `/events?id=${encodeURIComponent(HOSTILE)}`, '/events?id=a-flight']) {
      const page = await open(path)
      await settled(page)
      await page.locator('main').getByText('<').first().waitFor()
      expect(await page.evaluate('window.wasRun')).toBe(undefined)
      expect(await page.locator('main img, main script, main b').count()).toBe(0)
    }
  })

  test('that nobody has sent is not found, and says where it was looked for', async () => {
    const page = await open('/events?id=nobody-sent-it', { expected: [404] })
    await page.getByRole('heading', { name: 'Not found' }).waitFor()
    await page.getByText(/was received between/).waitFor()
  })

  test('can be read on a narrow screen in the dark', async () => {
    const page = await opened('/events?id=a-flight', { url: world.url, view: NARROW })
    await page.getByText('It has arrived everywhere.').waitFor()
    expect(await accessProblems(page)).toEqual([])
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
    expect(wide).toBeLessThanOrEqual(390)
  })

  test('is shown to a key that reads without what is not for it', async () => {
    const page = await open(`/events?id=${encodeURIComponent(HOSTILE)}`, { key: 'read-key' })
    await page.getByText('Why in words is shown to keys with the scope admin.').waitFor()
  })
})
