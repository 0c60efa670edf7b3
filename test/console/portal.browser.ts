import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'
import { startBrowser } from './browser.ts'

/** The example of its README: customers see their own rides, and nobody else's, whatever a page asks. */
const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'customer-portal')
let platform: PlatformProcess
let portal: { readonly url: string; readonly process: ChildProcess }
let browser: Browser
beforeAll(async () => {
  const port = await freePort()
  platform = await startPlatformProcess({
    ...{ TRIBUTARY_PIPELINE: join(EXAMPLE, 'pipeline'), TRIBUTARY_ORIGINS: `http://127.0.0.1:${port}` },
    TRIBUTARY_LOG_LEVEL: 'fatal',
  })
  portal = await startPortal(port)
  browser = await startBrowser()
})
afterAll(async () => {
  await browser?.close()
  portal?.process.kill()
  await platform?.stop()
  platform?.dispose()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

async function startPortal(port: number) {
  const child = spawn(process.execPath, [join(EXAMPLE, 'portal.ts')], {
    env: {
      ...{ PATH: process.env['PATH'], PORTAL_PORT: String(port), TRIBUTARY_KEY: platform.key },
      TRIBUTARY_URL: `http://127.0.0.1:${platform.port}`,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise(resolve => child.stdout.once('data', resolve))
  return { url: `http://127.0.0.1:${port}`, process: child }
}

/** A page of a visitor of its own, signed in. */
async function signedIn(name: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  page.setDefaultTimeout(15_000)
  await page.goto(portal.url)
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Sign in' }).click()
  return page
}

/** What a page of the customer is answered when it asks something of its own, with its own token. */
const asks = (page: Page, path: string) =>
  page.evaluate(async url => {
    const token = await (await fetch('/token')).text()
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    return { status: answer.status, text: await answer.text() }
  }, `http://127.0.0.1:${platform.port}${path}`)

test('two customers see their own rides and numbers, which are kept up, and never each other', async () => {
  const [ada, grace] = [await signedIn('ada'), await signedIn('grace')]
  await ada.getByText('3 rides today, 60 minutes').waitFor()
  await grace.getByText('2 rides today, 30 minutes').waitFor()
  expect(await ada.getByRole('listitem').allInnerTexts()).toHaveLength(3)

  const ride = { customer_id: 7, destination: 'Zoo', minutes: 5 }
  await platform.post('/v1/keys', { name: 'scooter', scope: 'write' }).then(async made => {
    const answer = await fetch(`http://127.0.0.1:${platform.port}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${(made as { secret: string }).secret}`,
        'content-type': 'application/cloudevents+json',
      },
      body: JSON.stringify({
        ...{ specversion: '1.0', id: 'zoo', source: '/s', type: 'com.portal.ride', data: ride },
        time: new Date().toISOString(),
      }),
    })
    expect(answer.status).toBe(202)
  })
  await ada.getByText('4 rides today, 65 minutes, the latest to Zoo').waitFor()
  await ada.getByText('to Zoo, 5 minutes').waitFor()

  const [adaSees, graceSees] = [
    await ada.locator('#rides').textContent(),
    await grace.locator('#rides').textContent(),
  ]
  for (const theirs of ['Airport', 'Bakery']) expect(adaSees).not.toContain(theirs)
  for (const hers of ['Harbour', 'Museum', 'Station', 'Zoo']) expect(graceSees).not.toContain(hers)
  await ada.context().close()
  await grace.context().close()
})

test('a page that asks for another customer is refused, and one that asks for everybody has its own', async () => {
  const grace = await signedIn('grace')
  await grace.getByText('2 rides today').waitFor()
  expect((await asks(grace, '/v1/metrics/rides_daily?where.customer_id=7')).status).toBe(403)
  const all = await asks(grace, '/v1/metrics/rides_daily?by=customer_id')
  expect(JSON.parse(all.text).rows.map((row: { group: object }) => row.group)).toEqual([{ customer_id: 8 }])
  for (const path of ['/v1/keys', '/v1/rejected', '/v1/runs'])
    expect((await asks(grace, path)).status, path).toBe(403)
  await grace.context().close()
})

test('whoever is not signed in is given no token', async () => {
  expect((await fetch(`${portal.url}/token`)).status).toBe(401)
})
