import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf, fencesOf, PAGES } from './commands.ts'
import { declaredIn } from './declared-in.ts'
import { type DocsPlatform, openDocsPlatform } from './docs-platform.ts'
import { OTHERWISE, PRINTS } from './otherwise.ts'
import { type Ended, runInOneShell, type Step, stepOf, VITEST } from './session.ts'

/**
 * Every command of the pages, run on one platform in a copy of the project, in the order in which a reader
 * meets them. `otherwise.ts` names those that are not run as they stand, with the reason.
 */

const ROOT = resolve(import.meta.dirname, '../..')
const blocks = PAGES.flatMap(blocksOf)
const commands = blocks.flatMap(block => block.commands.map(({ text }) => text))

let platform: DocsPlatform
/** The run that was started last. */
let run = ''

beforeAll(async () => {
  platform = await openDocsPlatform(folder => {
    mkdirSync(join(folder, 'pipeline', 'sources'))
    for (const { path, text } of PAGES.flatMap(fencesOf).flatMap(declaredIn))
      writeFileSync(join(folder, path), text)
    for (const file of ['file', 'events'])
      writeFileSync(join(folder, `${file}.ndjson`), [trip(`${file}-1`), trip(`${file}-2`)].join('\n'))
  })
}, 120_000)
afterAll(() => platform?.dispose(), 90_000)

/** A trip as one line. */
function trip(id: string): string {
  const at = { longitude: 13.4, latitude: 52.5 }
  const time = '2026-02-01T12:00:00Z'
  return JSON.stringify({
    ...{ specversion: '1.0', id, source: '/docs', type: 'com.tributary.trip', time },
    data: {
      ...{ hoverboard_id: 8, customer_id: 2, trip_duration: 1, start_location: at, end_location: at },
      ...{ start_time_and_date: null, end_time_and_date: time },
    },
  })
}

const START = /^((?:\w+=\S+ )*)npm start$/

/** What stands in the pages for something of the reader's own. */
function standsFor(text: string): string {
  const key = readFileSync(join(platform.folder, '.tributary', 'development-key'), 'utf8').trim()
  const own: readonly (readonly [string, string])[] = [
    ['http://127.0.0.1:8080', platform.url],
    ['127.0.0.1:8080', new URL(platform.url).host],
    ['-p 5439', `-p ${platform.warehousePort}`],
    [' /backup', ` ${join(platform.folder, 'backup')}`],
    [' /restored', ` ${join(platform.folder, 'restored')}`],
    ['=/restored', `=${join(platform.folder, 'restored')}`],
    ['<output Url of the stack>', platform.url],
    ['https://…', platform.url],
    ['<the write secret>', key],
    ['TRIBUTARY_KEY=…', `TRIBUTARY_KEY=${key}`],
    ['<id>', run],
    ['<secret>', 'of-the-administrator'],
    ['<key>', 'of-every-browser'],
    ['<name>', 'trips_hourly'],
    ['<model>', 'trip_enriched'],
    ['<type>', 'com.tributary.flight'],
    ['<machine>', 'batch'],
    ['"2026-10"', JSON.stringify(monthBefore())],
  ]
  return own.reduce((made, [theirs, ours]) => made.replaceAll(theirs, ours), text)
}

function monthBefore(): string {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1)).toISOString().slice(0, 7)
}

describe('every command of a page does what the page says', () => {
  const named = blocks.map(
    block => [`${block.page}: ${block.commands[0]!.text.split('\n')[0]}`, block] as const,
  )
  test.each(named)('%s', { timeout: 90_000 }, async (_, block) => {
    const steps = block.commands.flatMap(command => stepOf(command) ?? [])
    for (const part of inParts(steps))
      await (typeof part === 'string' ? starts(part, scriptOf(block.page)) : does(part))
  })
})

/** Platforms to be started, and what is run in one shell before, between and after them. */
function inParts(steps: readonly Step[]): readonly (string | readonly Step[])[] {
  const parts: (string | Step[])[] = []
  for (const step of steps) {
    const last = parts.at(-1)
    if (START.test(step.run)) parts.push(step.run)
    else if (typeof last === 'object') last.push(step)
    else parts.push([step])
  }
  return parts
}

/** What pages name again, and was right. */
const done = new Set<string>()

/** What the first event, or run, comes to takes a moment to show. */
const PATIENCE_MS = 40_000

async function does(steps: readonly Step[]): Promise<void> {
  const text = standsFor(steps.map(step => step.run).join('\n'))
  if (done.has(text)) return
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(500)) {
    const ended = await runInOneShell(platform, steps, standsFor)
    run = ended.map(({ printed }) => /^started (\S+);/m.exec(printed)?.[1]).findLast(Boolean) ?? run
    const wrong = ended.filter(isWrong)
    if (wrong.length === 0) return void done.add(text)
    if (Date.now() > end || wrong.every(({ step }) => step.prints === undefined)) {
      expect(wrong).toEqual([])
    }
  }
}

function isWrong({ step, exit, printed }: Ended): boolean {
  return exit !== step.exit || step.prints?.test(printed) === false
}

/** The script of a page of the web that a page shows. */
function scriptOf(page: string): string | undefined {
  return fencesOf(page).find(({ info }) => info === 'js')?.text
}

/** Its address of a platform. */
const EVENTS = 'https://events.example'
/** What a browser has and Node has not, and a line for each answer. */
const BROWSER = `
const call = fetch
globalThis.fetch = async (...request) => {
  const answer = await call(...request)
  console.log(answer.status, await answer.clone().text())
  return answer
}
globalThis.addEventListener = (event, leave) => leave()
navigator.sendBeacon = (url, body) => void fetch(url, { method: 'POST', body })
`

/** `npm start` alone is how the platform of this test was started. */
async function starts(command: string, script: string | undefined): Promise<void> {
  const settings = [...START.exec(standsFor(command))![1]!.matchAll(/(\w+)=(\S+)/g)]
  if (settings.length === 0) return expect(platform.said()).toContain('Tributary is ready at')
  const data = join(platform.folder, 'another')
  const own = { PORT: '0', TRIBUTARY_WAREHOUSE: 'off', TRIBUTARY_DATA: data }
  const given = Object.fromEntries(settings.map(([, name, value]) => [name!, value!]))
  const meanwhile = async (url: string) => {
    if (script === undefined) return
    writeFileSync(join(platform.folder, 'page.js'), BROWSER + standsFor(script).replaceAll(EVENTS, url))
    const { output, errors } = await platform.run('node page.js')
    expect(`${output}${errors}`).toMatch(/^(202 \{"accepted":1.*\n){2}$/)
  }
  expect(await platform.startAndInterrupt('npm start', { ...own, ...given }, meanwhile)).toBe(0)
}

test('no run that the pages start has failed', { timeout: 90_000 }, async () => {
  const { output } = await platform.run('npx tributary runs list --json --limit 500')
  const runs = JSON.parse(output) as { id: string; machine: string; status: string }[]
  expect(runs.length).toBeGreaterThan(5)
  expect(runs.filter(({ status }) => status !== 'succeeded' && status !== 'running')).toEqual([])
})

test('npm start ends with 0 after SIGTERM, as docs/run.md says', async () => {
  expect(await platform.stop()).toBe(0)
})

test('every test that a page tells to run is one of npm test, and reads the settings before it', () => {
  const told = commands.flatMap(text => VITEST.exec(text) ?? [])
  expect(told.length).toBeGreaterThan(10)
  for (const [, settings, path] of matches(commands, VITEST)) {
    const files = path!.endsWith('.ts') ? [path!] : globSync(`${path}/**/*.ts`, { cwd: ROOT })
    expect(
      files.some(file => /\.test\.ts$/.test(file) && existsSync(join(ROOT, file))),
      path,
    ).toBe(true)
    const text = files.map(file => readFileSync(join(ROOT, file), 'utf8')).join('')
    for (const [, name] of settings!.matchAll(/([A-Z_]+)=/g)) expect(text, path).toContain(`'${name}'`)
  }
})

test('every npm script and file of a command is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }
  const called = matches(commands, /\bnpm (?:run )?(?!ci|run|pack|install)([\w:]+)/g).map(([, name]) => name!)
  expect(called.filter(name => !Object.hasOwn(scripts, name))).toEqual([])
  const files = matches(commands, /\bnode (?!-)(\S+)/g).map(([, file]) => file!)
  expect(files.filter(file => !existsSync(join(ROOT, file)))).toEqual([])
})

test('what is run otherwise, or expected, is still on a page', () => {
  const rows = [...Object.keys(OTHERWISE), ...Object.keys(PRINTS)]
  expect(rows.filter(text => !commands.includes(text))).toEqual([])
})

/**
 * Fences that other tests read: extend.test.ts those with a path, test/readers the ones of Python,
 * test/engines/iceberg the catalog of Trino and the queries of it and of Spark, test/package a test in YAML.
 */
const READ_ELSEWHERE = [/^(ts|diff) \S+$/, /^python$/, /^yaml$/, /^mermaid$/, /^properties$/, /^sql$/]

test('every fence of a page is run, a declaration, a picture, or what another test reads', () => {
  const infos = PAGES.flatMap(fencesOf).map(({ info }) => info)
  const others = infos.filter(info => !['sh', 'ts', 'js', 'json'].includes(info))
  expect(others.filter(info => !READ_ELSEWHERE.some(known => known.test(info)))).toEqual([])
})

test('every fence of JSON is JSON', () => {
  for (const { info, text } of PAGES.flatMap(fencesOf))
    if (info === 'json') expect(() => JSON.parse(text), text).not.toThrow()
})

function matches(texts: readonly string[], pattern: RegExp): readonly RegExpExecArray[] {
  return texts.flatMap(text => [...text.matchAll(new RegExp(pattern, 'g'))])
}
