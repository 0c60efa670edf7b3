import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { fencesOf } from '../docs/commands.ts'
import { declaredIn } from '../docs/declared-in.ts'
import { apply } from '../docs/page.ts'
import { copyOfProject } from '../docs/project-copy.ts'
import { startBrowser, WIDE, watch } from './browser.ts'
import buildConsole from './build-console.ts'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
const PAGE = 'docs/first-chart.md'
const MOST_STEPS = 5
const PATIENCE_MS = 120_000

test(`${PAGE} leads from npm start to a chart of one's own, in at most five steps`, {
  timeout: PATIENCE_MS * 2,
}, async () => {
  const page = readFileSync(join(ROOT, PAGE), 'utf8')
  const steps = [...page.matchAll(/^## (\d)\. /gm)]
  expect(steps.length).toBeLessThanOrEqual(MOST_STEPS)
  const fences = fencesOf(PAGE)
  const copy = copyOfProject()
  const browser = await startBrowser()
  await buildConsole()
  await run('cp', ['-r', join(ROOT, 'console/dist'), join(copy, 'console/dist')])
  const since = performance.now()
  for (const { path, text } of fences.flatMap(declaredIn)) apply(copy, { path, kind: 'file', text })
  const ports = { PORT: '0', TRIBUTARY_WAREHOUSE_PORT: String(await freePort()) }
  const env = { ...process.env, ...ports, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}` }
  const platform = spawn('npm', ['start'], { cwd: copy, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise(done => platform.once('exit', done))
  try {
    const link = await linkOf(platform.stdout)
    const started = performance.now()
    const { origin } = new URL(link)
    const send = fences.map(({ text }) => text).find(text => text.startsWith('node -e'))!
    const { stdout } = await run('sh', ['-c', send], { cwd: copy, env: { ...env, TRIBUTARY_URL: origin } })
    expect(stdout).toMatch(/600/)
    const sent = performance.now()
    const context = await browser.newContext({ viewport: WIDE })
    const tab = await context.newPage()
    const troubles: string[] = []
    watch(tab, origin, troubles)
    await tab.goto(link)
    await tab.getByRole('link', { name: 'Metrics', exact: true }).click()
    await tab.getByLabel('Metric').selectOption({ label: 'Sign-ups, minute by minute' })
    await tab.getByLabel('Range').selectOption({ label: 'last hour' })
    await tab.locator('canvas').waitFor()
    await tab.getByText(/Total/).waitFor()
    await expect
      .poll(async () => tab.locator('p.number .strong').first().textContent(), { timeout: 15_000 })
      .toMatch(/^(5[5-9]\d|600)$/)
    const shown = performance.now()
    const s = (ms: number) => `${(ms / 1000).toFixed(1)} s`
    process.stdout.write(
      `first chart: ${steps.length} steps, ${s(shown - since)} of the machine's time: start ${s(started - since)}, send ${s(sent - started)}, look ${s(shown - sent)}\n`,
    )
    expect(troubles).toEqual([])
  } finally {
    platform.kill('SIGTERM')
    await Promise.all([browser.close(), ended])
    await rm(copy, { recursive: true, force: true })
  }
})

/** The link that the start prints; what it prints then is read, too, so that it never waits for a reader. */
function linkOf(output: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    output.on('data', part => {
      said += String(part)
      const link = /http:\S+#code=\S+/.exec(said)?.[0]
      if (link !== undefined) resolve(link)
    })
    output.on('end', () => reject(new Error(`the start printed no link: ${said}`)))
  })
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  await new Promise(closed => server.close(closed))
  return port
}
