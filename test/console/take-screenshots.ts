import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { answerAlerts } from './alert-answers.ts'
import { NARROW, settled, signIn, startBrowser, type View, visit, WIDE } from './browser.ts'
import buildConsole from './build-console.ts'
import { badEvent, fleetReports, goodEvents, startWorld, type World } from './world.ts'

/**
 * Takes the pictures of docs/console/: each page at both widths and in both themes, of a platform with
 * events that go on coming. Run `node test/console/take-screenshots.ts`, look at every picture, and commit
 * them. Names of pages after it take those alone.
 */
const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'console')
const LARGEST_BYTES = 150_000
/** Taller ones would be long to look at, and large. */
const mostHeight = ({ width, height }: View, page: string): number =>
  // What is behind a dialog goes on below it, and the shade over it does not.
  page === 'stop'
    ? height
    : width < 1000
      ? 1500
      : page === 'declare'
        ? 1400
        : page === 'explain' || page === 'events'
          ? 800
          : 960

const VIEWS: readonly View[] = [WIDE, { ...WIDE, theme: 'dark' }, { ...NARROW, theme: 'light' }, NARROW]

/** Names of pages on the command line: only those. */
const only = process.argv.slice(2)
const isAsked = (page: string): boolean => only.length === 0 || only.includes(page)

const PAGES = [
  ['overview', '/'],
  ['metrics', '/explore?metric=fleet_minutely&measure=reports&range=1h&by=is_docked'],
  [
    'explain',
    '/explain?metric=flights_daily&measure=flights&window=year&by=origin&group={"origin":"LAX"}&at=' +
      `${new Date().getUTCFullYear()}-01-01T00:00:00Z`,
  ],
  ['events', '/events?type=com.tributary.flight'],
  ['event', '/events?id=e-0&type=com.tributary.flight'],
  ['dashboards', '/dashboards'],
  ['alerts', '/alerts'],
  ['runs', '/runs'],
  ['run', 'newest'],
  ['contracts', '/contracts?type=com.tributary.customer'],
  ['try-it', '/contracts?type=com.tributary.flight'],
  ['declare', '/contracts?declare=new'],
  ['rejected', '/rejected'],
  ['lake', '/lake'],
  ['keys', '/keys'],
  // The last: others would wait for what it starts.
  ['stop', 'waiting'],
] as const

/** Backfills that were started for a picture. */
const backfills: string[] = []
const ADMIN = { authorization: 'Bearer admin-key' }

await buildConsole()
await mkdir(FOLDER, { recursive: true })
const world = await startWorld('admin:admin-key', '20s')
const browser = await startBrowser()
const isOver = new AbortController()
try {
  await world.send(goodEvents(900, 30))
  const now = Math.floor(Date.now() / 60_000) * 60_000
  await world.send(fleetReports(80, now - 3_600_000, now))
  await world.send(Array.from({ length: 12 }, () => badEvent()))
  await world.send([badEvent({ data: { destination: 'DEN', distance: 500, delay: 1 } })])
  await world.published()
  await makeKeys()
  const feeding = feed(world, isOver.signal)
  for (const view of VIEWS) await takeAll(view)
  isOver.abort()
  await feeding
} finally {
  isOver.abort()
  await browser.close()
  await world.close()
}

/** A steady stream with ups and downs, and now and then something rejected or sent twice. */
async function feed({ send }: World, signal: AbortSignal): Promise<void> {
  for (let turn = 0; !signal.aborted; turn++) {
    const minute = Math.floor(Date.now() / 60_000) * 60_000
    const reports = fleetReports(1, minute, minute + 60_000)
    const events = [...reports, ...goodEvents(Math.round(30 + 18 * Math.sin(turn / 5)), 30)]
    await send([
      ...events,
      ...(turn % 6 === 0 ? events.slice(-2) : []),
      ...(turn % 9 === 0 ? [badEvent()] : []),
    ])
    await sleep(700)
  }
}

async function post(path: string, body: object): Promise<unknown> {
  const headers = { ...ADMIN, 'content-type': 'application/json' }
  const answer = await fetch(world.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

/** Keys of a shop, a customer and an analyst; the analyst's has been used. */
async function makeKeys(): Promise<void> {
  await post('/v1/keys', { name: 'shop', scope: 'write:com.tributary.trip', rate: 20 })
  await post('/v1/keys', { name: 'customer-7', scope: 'read', where: { customer_id: 7 } })
  const { secret } = (await post('/v1/keys', { name: 'analyst', scope: 'read' })) as { secret: string }
  await fetch(`${world.url}/v1/metrics`, { headers: { authorization: `Bearer ${secret}` } })
}

/** The last of them waits for the others, so that there is time to look at it. */
async function waitingRun(): Promise<string> {
  for (let i = 0; i < 4; i++) {
    const run = (await post('/v1/runs', { machine: 'backfill', input: { last: '1d' } })) as { id: string }
    backfills.push(run.id)
  }
  return `/runs?id=${backfills.at(-1)!}`
}

/** Those that have not ended by themselves. */
async function stopRuns(): Promise<void> {
  for (const id of backfills.splice(0).reverse())
    await fetch(`${world.url}/v1/runs/${id}/stop`, { method: 'POST', headers: ADMIN })
}

/** Where the card around something begins. */
async function topOf(page: Page, what: string): Promise<number> {
  const top = `document.querySelector('${what}').closest('section').getBoundingClientRect().top + scrollY`
  return Math.max(0, (await page.evaluate<number>(top)) - 16)
}

/** An event that would be rejected, with the verdict beside its line. */
async function tryIt(page: Page): Promise<void> {
  const data = { origin: 'LAX', destination: 'DEN', distance: 'far', delay: 3 }
  await page.getByLabel('Event or data, as JSON').fill(JSON.stringify(data, null, 2))
  await page.getByRole('button', { name: 'Check' }).click()
  await page.getByText('would be rejected').scrollIntoViewIfNeeded()
}

/** A type drafted from two samples. */
async function declare(page: Page): Promise<void> {
  const order = { order_id: 7, customer_id: 3, amount: 12.5, email: 'ada@example.org', paid: true }
  const other = { ...order, order_id: 8, email: null, coupon: 'SPRING' }
  await page.getByLabel(/^Samples/).fill([order, other].map(one => JSON.stringify(one)).join('\n'))
  await page.getByRole('button', { name: 'Draft the files' }).click()
  await page.getByText('export default defineContract').waitFor()
}

/** A cell that events go into all the time is now and then asked for again. */
async function addsUp(page: Page): Promise<void> {
  const proof = page.getByText('Every event was counted again: it adds up')
  const again = page.getByRole('button', { name: 'Ask again' })
  for (let turn = 0; turn < 10; turn++) {
    await proof.or(again).first().waitFor({ timeout: 60_000 })
    if (await proof.isVisible()) return
    await again.click()
    await sleep(2000)
  }
  throw new Error('the number of the picture is being counted all the time')
}

async function takeAll(view: View): Promise<void> {
  const { page, context } = await visit(browser, world.url, '/', view)
  await signIn(page, 'admin-key')
  await answerAlerts(page)
  // Long enough for the lines of the overview to say something.
  await sleep(view === WIDE && isAsked('overview') ? 40_000 : 5_000)
  for (const [name, path] of PAGES.filter(([one]) => isAsked(one))) {
    if (path === 'newest')
      await page
        .getByRole('row', { name: /batch.*layers agree/ })
        .first()
        .getByRole('link')
        .click()
    else {
      const to = path === 'waiting' ? await waitingRun() : path
      await page.evaluate(
        `history.pushState(null, '', '${to}'); dispatchEvent(new PopStateEvent('popstate'))`,
      )
    }
    await settled(page)
    if (name === 'try-it') await tryIt(page)
    if (name === 'declare') await declare(page)
    if (name === 'lake') await page.getByRole('button', { name: /Events by type and day/ }).click()
    if (name === 'lake') await page.getByRole('heading', { name: /^Result/ }).waitFor()
    if (name === 'events') await page.locator('.events tbody tr').nth(20).waitFor()
    if (name === 'event') await page.getByText('It has arrived everywhere').waitFor()
    if (name === 'explain') await addsUp(page)
    if (name === 'stop') await page.getByRole('button', { name: 'Stop…' }).click()
    if (name === 'keys') await page.getByRole('row', { name: /analyst/ }).waitFor()
    if (name === 'overview') await page.getByText('0 differ').waitFor()
    await sleep(name === 'overview' ? 12_000 : 1500)
    const file = join(FOLDER, `${name}-${view.width}-${view.theme}.png`)
    const height = Math.min(
      mostHeight(view, name),
      await page.evaluate<number>('document.documentElement.scrollHeight'),
    )
    const y = name === 'try-it' ? await topOf(page, '.pasted') : 0
    const clip = { x: 0, y, width: view.width, height: y > 0 ? view.height : Math.max(height, view.height) }
    await page.screenshot({ path: file, fullPage: true, clip })
    const { size } = await stat(file)
    process.stdout.write(`${file}: ${size} bytes\n`)
    if (size > LARGEST_BYTES) process.stdout.write('  which is too large\n')
  }
  await stopRuns()
  await context.close()
}
