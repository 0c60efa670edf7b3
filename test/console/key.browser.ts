import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessProblems, signIn, startBrowser, visit, watch } from './browser.ts'
import { startWorld, type World } from './world.ts'

let browser: Browser
let world: World
let link: string
beforeAll(async () => {
  ;[browser, world] = await Promise.all([startBrowser(), startWorld()])
  link = /http\S+/.exec(world.consoleText)![0]
})
afterAll(async () => {
  await browser.close()
  await world.close()
})

/** Everything that a browser keeps or shows of a page. */
const KEPT = `(async () => JSON.stringify([
  location.href, document.cookie, { ...localStorage }, { ...sessionStorage },
  (await indexedDB.databases()).map(({ name }) => name), await caches.keys(), history.state, window.name,
]))()`

test('the link of the start signs in without typing, once, and leaves neither code nor key behind', async () => {
  const { page, context, troubles } = await visit(
    browser,
    world.url,
    link.slice(world.url.length),
    undefined,
    [401],
  )
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  const code = link.split('#code=')[1]!
  expect(page.url()).toBe(`${world.url}/`)
  const kept = await page.evaluate<string>(KEPT)
  expect(kept).not.toContain(code)
  expect(kept).not.toMatch(/dev-|Bearer/)
  expect(await context.cookies()).toEqual([])

  const other = await browser.newContext()
  const again = await other.newPage()
  await again.goto(link)
  await again.getByText('this link has been used').waitFor()
  expect(again.url()).toBe(`${world.url}/`)
  expect(await again.evaluate('history.length')).toBeLessThan(3)
  expect(troubles).toEqual([])
  await Promise.all([context.close(), other.close()])
})

test('a tab beside an open one is signed in by it, and signed out with it; a reload asks again', async () => {
  const key = world.developmentKey!
  const { page, context, troubles } = await visit(browser, world.url, '/runs', undefined, [401])
  await signIn(page, key)
  const second = await context.newPage()
  watch(second, world.url, troubles)
  await second.goto(`${world.url}/contracts`)
  await second.getByRole('heading', { level: 1, name: 'Contracts' }).waitFor()
  expect(await second.evaluate<string>(KEPT)).not.toContain(key)
  await second.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Key', { exact: true }).waitFor()
  await second.close()
  await signIn(page, key)
  await page.reload()
  await page.getByLabel('Key', { exact: true }).waitFor()
  expect(troubles).toEqual([])
  await context.close()
})

test('a wrong key is refused where it is entered, and so is none', async () => {
  const { page, context, troubles } = await visit(browser, world.url, '/', undefined, [401])
  expect(await accessProblems(page)).toEqual([])
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('Enter a key.').waitFor()
  await page.getByLabel('Key', { exact: true }).fill('nonsense')
  await page.keyboard.press('Enter')
  await page.getByText('the key is not known').waitFor()
  expect(await accessProblems(page)).toEqual([])
  expect(troubles).toEqual([])
  await context.close()
})

test('a page of another origin on this machine can neither call in one’s name nor hold the console in a frame', async () => {
  const { page, context } = await visit(browser, world.url, '/')
  await signIn(page, world.developmentKey!)
  const { createServer } = await import('node:http')
  const server = createServer((_, answer) =>
    answer.setHeader('content-type', 'text/html').end(`<iframe src="${world.url}/"></iframe>`),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const other = await context.newPage()
  await other.goto(`http://127.0.0.1:${port}/`)
  const [, frame] = other.frames()
  expect(await frame!.evaluate('document.body.textContent').catch(() => 'refused')).not.toContain('Sign in')
  const tried = await other.evaluate(`Promise.all([
    fetch('${world.url}/v1/runs', { method: 'POST', credentials: 'include', mode: 'no-cors', body: '{"machine":"replay"}' })
      .then(answer => answer.type),
    fetch('${world.url}/v1/runs', { credentials: 'include' }).then(() => 'read', () => 'refused'),
  ])`)
  expect(tried).toEqual(['opaque', 'refused'])
  const key = world.developmentKey!
  const { runs } = (await (
    await fetch(`${world.url}/v1/runs`, { headers: { authorization: `Bearer ${key}` } })
  ).json()) as { runs: readonly { readonly machine: string }[] }
  expect(runs.filter(({ machine }) => machine === 'replay')).toEqual([])
  server.close()
  await context.close()
})
