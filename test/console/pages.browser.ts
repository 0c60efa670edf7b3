import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  accessProblems,
  NARROW,
  settled,
  signIn,
  startBrowser,
  tabThrough,
  type Visit,
  visit,
  WIDE,
} from './browser.ts'
import { badEvent, goodEvents, startWorld, type World } from './world.ts'

const KEYS = 'admin:admin-key,read:read-key,write:write-key'
const PAGES = [
  ['/', 'Overview'],
  ['/explore', 'Metrics'],
  ['/events', 'Events'],
  ['/dashboards', 'Dashboards'],
  ['/alerts', 'Alerts'],
  ['/runs', 'Runs'],
  ['/contracts', 'Contracts'],
  ['/rejected', 'Rejected'],
  ['/lake', 'Lake'],
  ['/keys', 'Keys'],
] as const

/** Shown as text wherever it stands, or else it runs. */
const HOSTILE = '<img src=x onerror="window.wasRun=1"><script>window.wasRun=1</script>'

let browser: Browser
let world: World
let empty: World
let open: Visit[] = []
beforeAll(async () => {
  ;[browser, world, empty] = await Promise.all([startBrowser(), startWorld(KEYS), startWorld(KEYS)])
  const twice = goodEvents(2)
  await world.send([...goodEvents(300), ...twice, ...twice])
  await world.send([
    badEvent(),
    badEvent(),
    badEvent({ id: HOSTILE, source: HOSTILE, data: { origin: HOSTILE } }),
  ])
  await world.send([badEvent({ type: HOSTILE })])
  await world.published()
})
afterAll(async () => {
  await browser.close()
  await Promise.all([world.close(), empty.close()])
})

/** Opens a page with a key; after the test nothing may have gone wrong in it. */
async function opened(
  path: string,
  key = 'admin-key',
  expected: readonly number[] = [],
  at = world,
  view = WIDE,
) {
  const one = await visit(browser, at.url, path, view, expected)
  open.push(one)
  await signIn(one.page, key)
  return one.page
}

afterEach(async () => {
  const troubles = open.flatMap(one => one.troubles)
  await Promise.all(open.map(({ context }) => context.close()))
  open = []
  expect(troubles).toEqual([])
})

describe('every page', () => {
  for (const view of [
    WIDE,
    { ...WIDE, theme: 'dark' as const },
    NARROW,
    { ...NARROW, theme: 'light' as const },
  ])
    test(`can be read, heard and used by keys, ${view.width} px wide and ${view.theme}`, async () => {
      const page = await opened('/', 'admin-key', [], world, view)
      for (const [path, heading] of PAGES) {
        await page.getByRole('link', { name: heading, exact: true }).click()
        await page.getByRole('heading', { level: 1, name: heading }).waitFor()
        await settled(page)
        expect([path, new URL(page.url()).pathname]).toEqual([path, path])
        expect([path, await accessProblems(page)]).toEqual([path, []])
        expect(await page.title()).toBe(`${heading} · Tributary`)
      }
    })

  test('is reached by Tab and Enter, and shows where the focus is', async () => {
    const page = await opened('/')
    await page.evaluate('document.activeElement.blur()')
    const stops = await tabThrough(page, 14)
    expect(stops.filter(({ isSeen }) => !isSeen)).toEqual([])
    expect(stops.map(({ name }) => name).slice(0, 14)).toEqual([
      ...['Skip to the page', 'Tributary', 'Overview', 'Metrics', 'Events', 'Dashboards', 'Alerts'],
      ...['Runs', 'Contracts', 'Rejected', 'Lake', 'Keys'],
      ...['Dark theme', 'Sign out'],
    ])
    await page.getByRole('link', { name: 'Runs', exact: true }).press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  })

  test('is dark when one says so, also the next time', async () => {
    const page = await opened('/')
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const light = await ground()
    await page.getByRole('button', { name: 'Dark theme' }).click()
    const dark = await ground()
    expect(dark).not.toBe(light)
    await page.reload()
    expect(await ground()).toBe(dark)
  })

  test('that does not exist says so, and leads back', async () => {
    const page = await opened('/')
    await page.evaluate(
      `history.pushState(null, '', '/nowhere'); dispatchEvent(new PopStateEvent('popstate'))`,
    )
    await page.getByRole('link', { name: 'Go to the overview' }).click()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  })

  test('is there within a second', async () => {
    const times: number[] = []
    for (let i = 0; i < 3; i++) {
      const { page, context } = await visit(browser, world.url, '/')
      await page.getByLabel('Key', { exact: true }).waitFor()
      times.push(
        await page.evaluate<number>(
          `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 9999`,
        ),
      )
      await context.close()
    }
    expect(Math.min(...times)).toBeLessThan(1000)
  })
})

describe('a page that cannot be shown', () => {
  const FORBIDDEN = [
    ['/', 'write-key'],
    ['/explore', 'write-key'],
    ['/events', 'write-key'],
    ['/runs', 'write-key'],
    ['/alerts', 'write-key'],
    ['/dashboards', 'write-key'],
    ['/contracts', 'write-key'],
    ['/rejected', 'read-key'],
    ['/keys', 'read-key'],
  ] as const
  for (const [path, key] of FORBIDDEN)
    test(`${path} says what key it needs`, async () => {
      const page = await opened(path, key, [403])
      const alert = page.getByRole('alert').first()
      await alert.getByRole('heading', { name: 'Your key may not see this' }).waitFor()
      expect(await alert.textContent()).toMatch(/needs a key with the scope (read|admin)/)
      expect(await accessProblems(page)).toEqual([])
      await alert.getByRole('button', { name: 'Sign in with another key' }).click()
      await page.getByLabel('Key', { exact: true }).waitFor()
    })

  for (const [path] of PAGES)
    test(`${path} says that the platform failed, and asks again`, async () => {
      const page = await opened('/contracts', 'admin-key', [503])
      let isWell = false
      const detail = 'the disk is being changed'
      await page.route(/\/(v1|metrics)/, route =>
        isWell ? route.continue() : route.fulfill({ status: 503, body: JSON.stringify({ detail }) }),
      )
      // The contracts are here already: what is not known of them is another version.
      await page.evaluate(
        `history.pushState(null, '', '${path === '/contracts' ? '/contracts?type=com.tributary.trip' : path}')`,
      )
      await page.evaluate(`dispatchEvent(new PopStateEvent('popstate'))`)
      const alert = page.getByRole('alert').first()
      await alert.getByRole('heading', { name: 'The platform does not answer' }).waitFor()
      expect(await alert.textContent()).toContain(detail)
      expect(await accessProblems(page)).toEqual([])
      isWell = true
      await alert.getByRole('button', { name: 'Try again' }).click()
      await alert.waitFor({ state: 'detached' })
    })

  test('keeps what it knew when the platform goes away, and says that it is old', async () => {
    const page = await opened('/', 'admin-key', [503])
    await page.getByText('Live and batch numbers agree').waitFor()
    await page.route(/\/(v1|metrics)/, route => route.fulfill({ status: 503, body: '{"detail":"gone"}' }))
    await page
      .getByText(/Not up to date: .* gone/)
      .first()
      .waitFor()
    await page.getByText('Live and batch numbers agree').waitFor()
  })
})

describe('where nothing is yet', () => {
  const EMPTY = [
    ['/', 'No event has come yet'],
    ['/explore', 'No events in this range'],
    ['/runs', 'No run yet'],
    ['/rejected', 'Nothing was rejected'],
  ] as const
  for (const [path, heading] of EMPTY)
    test(`${path} says so, and what to do`, async () => {
      const page = await opened(path, 'admin-key', [], empty)
      if (path === '/runs') await page.route('**/v1/runs?*', route => route.fulfill({ json: { runs: [] } }))
      await page.getByRole('heading', { name: heading }).waitFor()
      expect(await accessProblems(page)).toEqual([])
    })
})

describe('the overview', () => {
  test('shows what comes in, what is proved, and what to do about what is rejected', async () => {
    const page = await opened('/')
    await page.getByText(/\d+ metrics?, \d+ types?, [\d,]+ partials? compared, 0 differ/).waitFor()
    await page.getByText(/^Exact through the epoch of/).waitFor()
    const accepted = page.locator('.tile.accepted')
    await world.send(goodEvents(60))
    await accepted.getByText(/^3\d\d|364/).waitFor()
    await accepted
      .locator('.tile-number')
      .filter({ hasText: /^[1-9]/ })
      .waitFor()
    await page.locator('.tile.duplicates').getByText('2', { exact: true }).waitFor()
    await page.getByText('4 events rejected since the start').waitFor()
    await page.getByRole('link', { name: 'See rejected events' }).click()
    await page.getByRole('heading', { level: 1, name: 'Rejected' }).waitFor()
  })

  test('asks nothing while its tab is hidden', async () => {
    const page = await opened('/')
    await page.getByText('Live and batch numbers agree').waitFor()
    await page.evaluate(`Object.defineProperty(document, 'hidden', { value: true, configurable: true })`)
    await page.waitForTimeout(6000)
    let asked = 0
    page.on('request', () => asked++)
    await page.waitForTimeout(6000)
    expect(asked).toBe(0)
    await page.evaluate(`delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))`)
    await page.waitForTimeout(1000)
    expect(asked).toBeGreaterThan(0)
  })
})

describe('the metrics', () => {
  test('are asked for, filtered and grouped, and the address has the question without the key', async () => {
    const page = await opened('/explore')
    await page.getByLabel('Metric', { exact: true }).selectOption('flights_daily')
    await page.getByLabel('Range').selectOption('all')
    await page.getByLabel('origin', { exact: true }).check()
    await page.getByLabel('Value').fill('LAX')
    await page.getByRole('button', { name: 'Add' }).click()
    await page.getByRole('cell', { name: 'LAX' }).first().waitFor()
    expect(await page.getByRole('cell', { name: 'JFK' }).count()).toBe(0)
    const address = page.url()
    expect(new URL(address).search).toBe(
      '?metric=flights_daily&measure=flights&range=all&window=day&by=origin&where.origin=LAX',
    )
    const other = await opened(new URL(address).pathname + new URL(address).search, 'read-key')
    await other.getByRole('cell', { name: 'LAX' }).first().waitFor()
  })

  test('tell what is exact from what is live, in the table and in the chart', async () => {
    const page = await opened('/explore?metric=trips_hourly&range=24h')
    await page.getByText('exact', { exact: true }).first().waitFor()
    await page.getByText(/boundary: events received through the epoch of 20/).waitFor()
    // This hour gets one more, which no batch has yet.
    await world.send(goodEvents(10, 0.01))
    await page.locator('td .badge.live').first().waitFor()
    await page.locator('.chart canvas').waitFor()
  })

  test('are kept as CSV with all rows, and copied as curl, SQL and TypeScript', async () => {
    const page = await opened('/explore?metric=flights_daily&range=all&by=origin')
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download CSV' }).click(),
    ])
    expect(file.suggestedFilename()).toBe('flights_daily.csv')
    const texts: string[] = []
    for (const form of ['curl', 'SQL', 'TypeScript']) {
      await page.getByRole('button', { name: form, exact: true }).click()
      await page.locator('.code').getByRole('button', { name: 'Copy' }).click()
      texts.push(await page.evaluate<string>('navigator.clipboard.readText()'))
    }
    expect(texts[0]).toMatch(/^curl -s 'http:.*\/v1\/metrics\/flights_daily\?window=day&by=origin' -H /)
    expect(texts[1]).toBe('npx tributary sql flights_daily --engine postgres')
    expect(texts[2]).toMatch(/await fetch\("http:/)
    expect(texts.join('')).not.toContain('admin-key')
  })

  test('are compared with the period before', async () => {
    const page = await opened('/explore?metric=flights_daily&range=7d')
    await page.getByLabel('previous period').check()
    await page.locator('.readout').getByText('previous period').waitFor()
    expect(new URL(page.url()).searchParams.get('compare')).toBe('previous')
  })
})

describe('the runs', () => {
  test('are started after a question, and followed on the drawing to their end', async () => {
    const page = await opened('/runs')
    await page.getByRole('button', { name: 'Start a batch…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Start a batch now?' })
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Start a batch…' }).click()
    expect(await accessProblems(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Start a batch' }).click()
    await page
      .getByRole('img', { name: /The state machine batch; this run succeeded, in the state Done/ })
      .waitFor()
    await page.getByRole('cell', { name: 'IsThereWork' }).waitFor()
    expect(await accessProblems(page)).toEqual([])
  })

  test('of a backfill take a span, and refuse one that is none', async () => {
    const page = await opened('/runs', 'admin-key', [400])
    await page.getByRole('button', { name: 'Backfill…' }).click()
    await page.getByLabel('Epochs received in').selectOption('custom')
    await page.getByLabel('From (UTC)').fill('2026-02-02T00:00')
    await page.getByLabel('To, exclusive (UTC)').fill('2026-02-01T00:00')
    await page.getByRole('dialog').getByRole('button', { name: 'Backfill' }).click()
    await page
      .getByRole('dialog')
      .getByText(/a range that is empty/)
      .waitFor()
    await page.getByLabel('Epochs received in').selectOption('1d')
    await page.getByRole('dialog').getByRole('button', { name: 'Backfill' }).click()
    await page.getByRole('heading', { level: 1, name: /^backfill/ }).waitFor()
  })

  test('are not started by a key that may only read', async () => {
    const page = await opened('/runs', 'read-key', [403])
    await page.getByRole('button', { name: 'Start a batch…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Start a batch' }).click()
    await page.getByRole('dialog').getByText('needs a key with the scope admin').waitFor()
  })

  test('that compared numbers say what they found', async () => {
    const page = await opened('/')
    await page.getByRole('link', { name: 'See the run' }).click()
    await page.getByText(/partials? compared, 0 differ/).waitFor()
    await page.getByRole('cell', { name: 'com.tributary.flight' }).first().waitFor()
  })
})

describe('a run', () => {
  /** The last of several that wait for each other, so that there is time to stop it. */
  async function waiting(page: Page): Promise<string> {
    const headers = { authorization: 'Bearer admin-key' }
    let id = ''
    for (let i = 0; i < 8; i++) {
      const data = { machine: 'backfill', input: { last: '1d' } }
      const answer = await page.request.post(`${world.url}/v1/runs`, { headers, data })
      id = ((await answer.json()) as { id: string }).id
    }
    return id
  }

  test('is stopped after a question, and says by whom', async () => {
    const page = await opened('/runs')
    const id = await waiting(page)
    await page.evaluate(
      `history.pushState(null, '', '/runs?id=${id}'); dispatchEvent(new PopStateEvent('popstate'))`,
    )
    await page.getByRole('button', { name: 'Stop…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Stop this run of backfill?' })
    expect(await accessProblems(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByText('stopped by admin-1').waitFor()
    expect(await page.getByRole('button', { name: 'Stop…' }).count()).toBe(0)
    expect(await accessProblems(page)).toEqual([])
  })
})

describe('the contracts', () => {
  test('show fields, sensitive ones too, the schema and a sample', async () => {
    const page = await opened('/contracts')
    await page.getByRole('link', { name: /Customer report/ }).click()
    await page.getByRole('row', { name: /customer_email string sensitive/ }).waitFor()
    await page.getByText('"specversion": "1.0"').waitFor()
    await page.getByText('JSON Schema of the data').click()
    await page.getByText('https://json-schema.org/draft/2020-12/schema').waitFor()
  })

  test('judge what is pasted beside the place that decides it, and store nothing of it', async () => {
    const page = await opened('/contracts?type=com.tributary.flight')
    const before = await rejectedShown(page)
    const area = page.getByLabel('Event or data, as JSON')
    await page.getByRole('button', { name: 'Check' }).click()
    await page.getByText('would be accepted').waitFor()
    await area.fill(
      `{\n  "origin": "LAX",\n  "destination": ${JSON.stringify(HOSTILE)},\n  "distance": "far"\n}`,
    )
    await page.getByRole('button', { name: 'Check' }).click()
    await page.getByText('would be rejected').waitFor()
    expect(await page.locator('.marked mark').textContent()).toMatch(/far|\{/)
    await page.getByText('schema_violation').waitFor()
    await page.getByText('Send what the contract declares at this place').waitFor()
    await area.fill(JSON.stringify([badEvent({ id: HOSTILE }), ...goodEvents(1)]))
    await page.getByRole('button', { name: 'Check' }).click()
    await page.getByText('event 2').waitFor()
    await area.fill('{a')
    await page.getByRole('button', { name: 'Check' }).click()
    await page.getByText('This is no JSON').waitFor()
    expect(await page.evaluate('window.wasRun')).toBe(undefined)
    expect(await accessProblems(page)).toEqual([])
    expect(await rejectedShown(page)).toBe(before)
  })

  test('say to a key that may only read that it may not judge', async () => {
    const page = await opened('/contracts?type=com.tributary.flight', 'read-key', [403])
    await page.getByRole('button', { name: 'Check' }).click()
    await page.getByText('this call needs a key with the scope write').waitFor()
  })
})

/** How many rejected events there are. */
async function rejectedShown(page: Page): Promise<number> {
  const headers = { authorization: 'Bearer admin-key' }
  const answer = await page.request.get(`${world.url}/v1/rejected?limit=1000`, { headers })
  return ((await answer.json()) as { events: readonly unknown[] }).events.length
}

describe('the rejected events', () => {
  test('are grouped by reason, and shown as text whatever is in them', async () => {
    const page = await opened('/rejected')
    const reason = page.getByRole('listitem').filter({ hasText: 'distance must be integer' })
    await reason.getByText('2 events').waitFor()
    for (const summary of await page.getByText('Show events').all()) await summary.click()
    await page.locator('.rejected-event').getByText('onerror').first().waitFor()
    await page.locator('.rejected-event').getByText('<script>').first().waitFor()
    expect(await page.evaluate('window.wasRun')).toBe(undefined)
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(await accessProblems(page)).toEqual([])
  })

  test('are sent again after a question', async () => {
    const page = await opened('/rejected')
    await page.getByLabel('Type').selectOption('com.tributary.flight')
    await page.getByRole('button', { name: 'Send again…' }).click()
    const dialog = page.getByRole('dialog', { name: /Send \d+ rejected events again\?/ })
    await dialog.getByRole('button', { name: 'Send again' }).click()
    await page.getByText(/^0 accepted, \d+ rejected again, 0 refused for now$/).waitFor()
  })
})
