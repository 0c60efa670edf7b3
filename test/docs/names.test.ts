import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROUTES } from '../../functions/table.ts'
import { selfMetrics } from '../../local/metrics/self-metrics.ts'
import { readSettings } from '../../local/settings.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PAGES = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: ROOT })]

/** What of a page matches, each once. */
function found(page: string, pattern: RegExp): readonly string[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...new Set([...text.matchAll(pattern)].map(([all]) => all))]
}

const isKnownSetting = (name: string) => {
  try {
    readSettings({ [name]: '' })
    return true
  } catch {
    return false
  }
}

const nobody = async () => ({ status: 'ok' as const, parts: {} })
const none = () => 0
const metrics = selfMetrics({
  health: nobody,
  events: { accepted: none, rejected: () => new Map(), refused: none },
  undeclared: { list: () => new Map() },
  requests: { routes: () => new Map() },
  runs: async () => undefined,
})
  .getMetricsAsArray()
  .map(({ name }) => name)

/** Roles of the warehouse begin in the same way. */
const ROLES = ['tributary_reader', 'tributary_admin']

describe.each(PAGES)('%s', page => {
  test('names settings that there are', () => {
    expect(found(page, /\bTRIBUTARY_\w+/g).filter(name => !isKnownSetting(name))).toEqual([])
  })

  test('names metrics that there are', () => {
    const named = found(page, /\btributary_\w+/g).filter(name => !ROLES.includes(name))
    expect(named.filter(name => !metrics.includes(name))).toEqual([])
  })

  test('names routes that there are', () => {
    const routes = Object.keys(ROUTES).map(
      route => new RegExp(`^${route.replace(/\{[^}]+\}/g, '[^/]+').replaceAll('.', '\\.')}$`),
    )
    const named = found(page, /(?<=`)(?:GET|POST|PUT|DELETE|HEAD) \/[^`?\s]*/g)
    expect(named.filter(name => !routes.some(route => route.test(name)))).toEqual([])
  })
})

test('a setting, a metric and a route that do not exist are found', () => {
  expect(isKnownSetting('TRIBUTARY_DATA')).toBe(true)
  expect(isKnownSetting('TRIBUTARY_DATAS')).toBe(false)
  expect(metrics).toContain('tributary_part_up')
})

test('the settings of docs/run.md are all there are, with their defaults', () => {
  const page = readFileSync(join(ROOT, 'docs/run.md'), 'utf8')
  const source = readFileSync(join(ROOT, 'local/settings.ts'), 'utf8')
  const read = /const READERS = \{(.*?)\n\} as const/s.exec(source)![1]!
  const names = [...read.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name!)
  const table = page.slice(page.indexOf('| setting |'), page.indexOf('## Other accounts'))
  const told = [...table.matchAll(/`(PORT|HOST|TRIBUTARY_\w+)`/g)].map(([, name]) => name!)
  expect([...new Set(told)].sort()).toEqual(names.sort())
  const { port, host, epochLength, warehouse, partitions, dedupeHorizon, logLevel } = readSettings({})
  expect([port, host, epochLength, warehouse.port, warehouse.schema, partitions, logLevel]).toEqual([
    ...[8080, '127.0.0.1', 3_600_000, 5439, 'public', 16, 'info'],
  ])
  for (const value of ['`8080`, `127.0.0.1`', '`1h`', '`5439`', '`16`', '`24h`', '`info`'])
    expect(table, value).toContain(`| ${value} |`)
  expect(dedupeHorizon).toEqual(readSettings({ TRIBUTARY_DEDUPE_HORIZON: '24h' }).dedupeHorizon)
})
