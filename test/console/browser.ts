import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** Where distributions put Chromium; CHROMIUM names any other. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable']

/** @throws where there is none, with how to get one */
export function chromiumPath(): string {
  const named = process.env['CHROMIUM']
  const found = named ?? PLACES.find(existsSync)
  if (found !== undefined) return found
  throw new Error(
    'there is no Chromium; install it (Debian, Ubuntu: apt-get install -y chromium), or name one by CHROMIUM=<path>',
  )
}

/** A browser that finds no machine but this one. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  })
}

export type View = { readonly width: number; readonly height: number; readonly theme: 'light' | 'dark' }

export const WIDE: View = { width: 1280, height: 800, theme: 'light' }
export const NARROW: View = { width: 390, height: 844, theme: 'dark' }

/** Longest wait for what a page should show, ms. */
const PATIENCE_MS = 15_000

/** A page, and what went wrong in it. */
export type Visit = {
  readonly context: BrowserContext
  readonly page: Page
  /** Errors of the console, uncaught ones, and addresses of other machines that were asked for. */
  readonly troubles: string[]
}

/**
 * Opens a page of its own, as a new visitor has it.
 *
 * @param expected statuses of answers that the test is about; Chromium reports each as an error
 */
export async function visit(
  browser: Browser,
  url: string,
  path: string,
  view: View = WIDE,
  expected: readonly number[] = [],
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    colorScheme: view.theme,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const troubles: string[] = []
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  watch(page, url, troubles, expected)
  await page.goto(url + path)
  await page.locator('h1').waitFor()
  return { context, page, troubles }
}

export function watch(page: Page, url: string, troubles: string[], expected: readonly number[] = []): void {
  page.on('pageerror', error => troubles.push(`uncaught: ${error.message}`))
  page.on('console', message => {
    const isExpected = expected.some(status => message.text().includes(`status of ${status}`))
    if (['error', 'warning'].includes(message.type()) && !isExpected) troubles.push(message.text())
  })
  page.on('request', request => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('blob:'))
      troubles.push(`asked for ${request.url()}`)
  })
}

/** Signs in as a person does. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('Key', { exact: true }).fill(key)
  await page.keyboard.press('Enter')
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
}

/** Resolves when nothing of the page is still being loaded. */
export async function settled(page: Page): Promise<void> {
  for (const bones of await page.locator('.loading').all()) await bones.waitFor({ state: 'detached' })
}

const CHECKS = readFileSync(join(import.meta.dirname, 'page-checks.js'), 'utf8')

/** What is wrong with a page for people who hear it, use keys, or see little. */
export const accessProblems = (page: Page): Promise<string[]> => page.evaluate(CHECKS)

/** Addresses by Tab: the names of what has the focus, and whether it can be seen there. */
export async function tabThrough(
  page: Page,
  most: number,
): Promise<readonly { name: string; isSeen: boolean }[]> {
  const stops: { name: string; isSeen: boolean }[] = []
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab')
    stops.push(
      await page.evaluate(`(() => {
        const at = document.activeElement
        const style = getComputedStyle(at)
        const name = at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent ?? ''
        return { name: name.trim(), isSeen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1 }
      })()`),
    )
  }
  return stops
}
