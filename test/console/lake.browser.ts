import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessProblems, NARROW, settled, startBrowser } from './browser.ts'
import { createVisits } from './visits.ts'
import { goodEvents, startWorld, type World } from './world.ts'

const KEYS = 'admin:admin-key,read:read-key,write:write-key'
/** Shown as text wherever it stands, or else it runs. */
const HOSTILE = '<img src=x onerror="window.wasRun=1"><script>window.wasRun=1</script>'
const BOMB = 'SELECT count(*) FROM range(100000000) AS a, range(100000000) AS b'

let browser: Browser
let world: World
beforeAll(async () => {
  ;[browser, world] = await Promise.all([startBrowser(), startWorld(KEYS)])
  const [first, ...others] = goodEvents(300, 1) as readonly Record<string, unknown>[]
  const hostile = { ...first, id: HOSTILE, source: HOSTILE }
  await world.send([hostile, hostile, ...others])
  await world.published()
})
afterAll(async () => {
  await browser.close()
  await world.close()
})

const opened = createVisits(() => browser)
const open = (path = '/lake', more: { key?: string; expected?: readonly number[] } = {}) =>
  opened(path, { url: world.url, ...more })

async function write(page: Page, sql: string) {
  await page.locator('.cm-content').waitFor()
  const editor = page.getByLabel('SQL statement')
  await editor.focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sql)
}

/** The values of the result, row by row. */
const rows = async (page: Page) => {
  const all = await page.locator('.result-rows tbody tr').all()
  return Promise.all(all.map(row => row.locator('td').allTextContents()))
}

const ask = async (path: string, body?: object) => {
  const answer = await fetch(world.url + path, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: 'Bearer admin-key', 'content-type': 'application/json' },
  })
  return (await answer.json()) as { rows: readonly { readonly values: Record<string, unknown> }[] }
}

describe('the lake', () => {
  test('is asked by SQL: rows as they are published, kept as CSV and Parquet', async () => {
    const page = await open()
    await write(page, 'SELECT count(*) AS n, 1.50 AS price, NULL AS none FROM curated.flight')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('heading', { name: /^Result 1 row in/ }).waitFor()
    expect(await rows(page)).toEqual([['150', '1.50', 'null']])
    for (const [name, begin] of [
      ['CSV', 'n,price,'],
      ['Parquet', 'PAR1'],
    ] as const) {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: `Download ${name}` }).click(),
      ])
      expect(file.suggestedFilename()).toBe(`lake.${name.toLowerCase()}`)
      expect((await readFile(await file.path())).toString('latin1').slice(0, begin.length)).toBe(begin)
    }
    expect(await accessProblems(page)).toEqual([])
    expect(new URL(page.url()).search).toBe('')
  })

  test('has the numbers that the API has', async () => {
    const { rows: lake } = await ask('/v1/lake/query', {
      sql: 'SELECT trips, minutes, longest, shortest, mean_duration FROM metric.trips_hourly ORDER BY window_start, hoverboard_id',
    })
    const { rows: api } = await ask('/v1/metrics/trips_hourly?layer=batch')
    expect(api.length).toBeGreaterThan(3)
    expect(lake.map(row => (row as unknown as unknown[]).map(Number))).toEqual(
      api.map(({ values }) =>
        ['trips', 'minutes', 'longest', 'shortest', 'mean_duration'].map(name => values[name]),
      ),
    )
    const { rows: raw } = await ask('/v1/lake/query', {
      sql: 'SELECT count(*), count(DISTINCT event_id) FROM raw.flight',
    })
    expect(raw).toEqual([['151', '150']])
  })

  test('shows its tables, finds some by a column, and looks into one', async () => {
    const page = await open()
    await page.getByLabel('Find a table or column').fill('hoverboard_id')
    await page.locator('summary', { hasText: /^trips_hourly$/ }).click()
    await page.locator('details[open] dt', { hasText: /^hoverboard_id$/ }).waitFor()
    expect(await page.locator('summary', { hasText: /^flight$/ }).count()).toBe(0)
    await page.getByRole('button', { name: 'Look at metric.trips_hourly' }).click()
    await page.getByRole('columnheader', { name: 'mean_duration' }).waitFor()
    await page.getByLabel('Find a table or column').fill('nothing like it')
    await page.getByText('No table or column is called so.').waitFor()
  })

  test('begins with examples, and keeps what was written while one looks elsewhere', async () => {
    const page = await open()
    await page.getByRole('button', { name: /Events by type and day/ }).click()
    await page.getByRole('heading', { name: /^Result/ }).waitFor()
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await page.getByRole('link', { name: 'Lake', exact: true }).click()
    await page.locator('.cm-content', { hasText: "date_trunc('day', event_time)" }).waitFor()
  })

  test('shows what is in events as text, whatever it is', async () => {
    const page = await open()
    await write(
      page,
      `SELECT event_id, event_source, '${HOSTILE}' AS "${HOSTILE.replaceAll('"', '""')}" FROM raw.flight WHERE event_id LIKE '<img%'`,
    )
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByRole('heading', { name: /^Result 2 rows/ }).waitFor()
    expect((await rows(page))[0]).toEqual([HOSTILE, HOSTILE, HOSTILE])
    expect(await page.evaluate('window.wasRun')).toBe(undefined)
    expect(await page.locator('main img, main script').count()).toBe(0)
  })

  test('says what is cut', async () => {
    const page = await open()
    await write(page, 'FROM range(20000)')
    await page.keyboard.press('Control+Enter')
    await page.getByText(/These are the first 10,000/).waitFor()
    await page.getByRole('button', { name: 'Show more' }).click()
    expect(await page.locator('.result-rows tbody tr').count()).toBe(400)
  })

  test('lets a statement be cancelled, which ends at once', async () => {
    const page = await open('/lake', { expected: [409] })
    await write(page, BOMB)
    await page.keyboard.press('Control+Enter')
    await page.getByText(/^running for \d\.\d s$/).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('heading', { name: 'Cancelled' }).waitFor()
    await write(page, 'SELECT 7 AS seven')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('heading', { name: /^Result 1 row/ }).waitFor()
  })

  test('cancels what is running when one leaves the page', async () => {
    const page = await open('/lake', { expected: [409] })
    await write(page, BOMB)
    await page.keyboard.press('Control+Enter')
    await page.getByText(/^running for/).waitFor()
    const cancelled = page.waitForResponse(answer => answer.request().method() === 'DELETE')
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    expect((await cancelled).status()).toBe(200)
  })
})

describe('what cannot be shown of the lake', () => {
  test('is said: nothing fits, it is no statement, it does more than to read', async () => {
    const page = await open('/lake', { expected: [400] })
    for (const [sql, said] of [
      ['FROM curated.customer', /No rows\. The statement was run/],
      ['SELEC 1', /syntax error at or near "SELEC"/],
      ['FROM curated.nothing', /there is no table curated.nothing/],
      ["COPY curated.trip TO '/tmp/x'", /only statements that read are run/],
      ["FROM read_csv('/etc/passwd')", /read_csv is not run here/],
    ] as const) {
      await write(page, sql)
      await page.keyboard.press('Control+Enter')
      await page.getByText(said).waitFor()
      expect([sql, await accessProblems(page)]).toEqual([sql, []])
    }
  })

  test('by a key that may not read is told with the one that may', async () => {
    const page = await open('/lake', { key: 'write-key', expected: [403] })
    const alert = page.getByRole('alert').first()
    await alert.getByRole('heading', { name: 'Your key may not see this' }).waitFor()
    expect(await alert.textContent()).toMatch(/needs a key with the scope read/)
    expect(await accessProblems(page)).toEqual([])
  })

  test('as the platform fails is asked again', async () => {
    const page = await open('/contracts', { expected: [503] })
    let isWell = false
    await page.route(/\/v1\/lake/, route =>
      isWell
        ? route.continue()
        : route.fulfill({ status: 503, body: '{"detail":"the disk is being changed"}' }),
    )
    await page.getByRole('link', { name: 'Lake', exact: true }).click()
    await page.getByText('the disk is being changed').waitFor()
    isWell = true
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('.cm-content').waitFor()
  })

  test('of the editor is a plain field where it cannot be loaded', async () => {
    const page = await opened('/contracts', { url: world.url, expected: [503] })
    await page.route(/code-mirror/, route => route.fulfill({ status: 503 }))
    await page.getByRole('link', { name: 'Lake', exact: true }).click()
    await page.locator('textarea').fill('SELECT 7 AS seven')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('heading', { name: /^Result 1 row/ }).waitFor()
  })

  test('can be read on a narrow screen in the dark', async () => {
    const page = await opened('/lake', { url: world.url, view: NARROW })
    await page.getByRole('button', { name: /How many events there are/ }).click()
    await page.getByRole('heading', { name: /^Result/ }).waitFor()
    await settled(page)
    expect(await accessProblems(page)).toEqual([])
  })
})
