import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadPipeline } from '../../../drivers/pipeline/folder.ts'
import { HOSTILE, SAMPLE } from '../../declared.ts'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'pipeline-')), 'pipeline')
  for (const kind of ['contracts', 'metrics', 'schedules']) mkdirSync(join(folder, kind), { recursive: true })
})
afterEach(() => rmSync(dirname(folder), { recursive: true, force: true }))

const refusal = () =>
  loadPipeline(folder).then(
    () => 'it was not refused',
    (error: Error) => `${error.name} ${error.message}`,
  )

test('the sample pipeline declares the types and metrics that callers rely on', async () => {
  const { latest, metrics } = await loadPipeline(SAMPLE)
  expect([...latest.keys()]).toEqual(
    expect.arrayContaining(['com.tributary.trip', 'com.tributary.hoverboard']),
  )
  expect(
    metrics.map(({ name, window, by, measures }) => [
      name,
      window,
      by.map(f => f.name),
      measures.map(m => m.name),
    ]),
  ).toEqual([
    ['customers_daily', 'day', [], ['reports', 'customers']],
    [
      'fleet_minutely',
      'minute',
      ['is_docked'],
      ['reports', 'boards', 'charge_mean', 'charge_min', 'speed_max', 'temperature_mean'],
    ],
    ['flights_daily', 'day', ['origin'], ['flights', 'delay_mean', 'delay_p95', 'longest', 'destinations']],
    ['routes_hourly', 'hour', ['origin', 'destination'], ['flights', 'delay_mean']],
    [
      'trips_hourly',
      'hour',
      ['hoverboard_id'],
      ['trips', 'minutes', 'longest', 'shortest', 'mean_duration', 'riders', 'p95_duration'],
    ],
  ])
})

test('contracts may be plain JSON', async () => {
  const { latest } = await loadPipeline(HOSTILE)
  expect(latest.get('org.example.plain')!.fields.map(({ name, kind, scale }) => [name, kind, scale])).toEqual(
    [
      ['zone', 'integer', 0],
      ['ratio', 'number', 15],
      ['state', 'string', undefined],
    ],
  )
})

test('a folder that is missing is named', async () => {
  rmSync(join(folder, 'metrics'), { recursive: true })
  expect(await refusal()).toMatch(/^invalid_declaration .*metrics: cannot be read/)
})

test.each([
  ['metrics/empty.ts', 'export const x = 1\n', /pipeline\/metrics\/empty\.ts: .*default/],
  ['metrics/broken.ts', 'export default {\n', /pipeline\/metrics\/broken\.ts: /],
  ['contracts/broken.json', '{', /pipeline\/contracts\/broken\.json: /],
  ['contracts/wrong.json', '{"type":"x"}', /pipeline\/contracts\/wrong\.json: .*reverse-DNS/],
  [
    'contracts/mistyped.json',
    '{"type":"org.example.a","version":1,"partitionBy":["id"],"sensitve":["id"],"data":{"type":"object","properties":{"id":{"type":"integer"}}}}',
    /pipeline\/contracts\/mistyped\.json: "sensitve" is not known; .*sensitive/,
  ],
  [
    'contracts/mistyped-required.json',
    '{"type":"org.example.a","version":1,"partitonBy":["id"],"data":{"type":"object","properties":{}}}',
    /mistyped-required\.json: "partitonBy" is not known; did you mean partitionBy\?/,
  ],
  [
    'schedules/mistyped.ts',
    "export default { name: 'a', machine: 'batch', when: 'epoch-close', inputs: {} }\n",
    /pipeline\/schedules\/mistyped\.ts: "inputs" is not known; .*input/,
  ],
  [
    'schedules/nowhere.ts',
    "export default { name: 'a', machine: 'nope', when: 'epoch-close' }\n",
    /pipeline\/schedules\/nowhere\.ts: .*"nope", which does not exist; use one of backfill, batch/,
  ],
  ['metrics/text.ts', "export default 'sum'\n", /pipeline\/metrics\/text\.ts: it declares no object/],
])('%s that cannot be used is named with its folder', async (file, text, message) => {
  writeFileSync(join(folder, file), text)
  expect(await refusal()).toMatch(message)
})

const put = (file: string, text = '') => {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
}

test.each([
  [
    'metrics/m.json',
    /m\.json: nothing reads it; metrics are \.ts files: write m\.ts with export default defineMetric/,
  ],
  ['schedules/s.yaml', /schedules are \.ts files: write s\.ts with export default defineSchedule/],
  [
    'contracts/c.yml',
    /contracts are \.ts and \.json files: write c\.ts with .*, or c\.json with the same keys/,
  ],
  ['contracts/c.TS', /contracts\/c\.TS: nothing reads it/],
  ['contracts/c.mjs', /contracts\/c\.mjs: nothing reads it/],
  ['contracts/eu/order.ts', /eu\/order\.ts: nothing reads it; put it into contracts\/ itself/],
  ['contracts/eu/order.json', /put it into contracts\/ itself/],
  ['contract/order.ts', /contract\/order\.ts: nothing reads it; did you mean contracts\/\?/],
  ['Metrics/m.ts', /did you mean metrics\/\?/],
  [
    'tables/daily.sql',
    /declarations are in contracts\/, metrics\/, schedules\/, alerts\/, dashboards\/, sources\/, models\/; put it there/,
  ],
  ['order.ts', /pipeline\/order\.ts: nothing reads it; declarations are in contracts\//],
  ['metrics/lib/deep/help.ts', /metrics\/lib\/deep\/help\.ts: nothing reads it/],
])('%s, which nothing reads, is refused with what would be read', async (file, message) => {
  put(file, '{}')
  expect(await refusal()).toMatch(message)
})

test('what a declaration imports is read, and prose, hidden files and backups of editors declare nothing', async () => {
  put('shared/cron.ts', "import { rest } from './rest.ts'\nexport const cron = '5 3 ' + rest\n")
  put('shared/rest.ts', "export const rest = '* * *'\n")
  put(
    'schedules/a.ts',
    "import { cron } from '../shared/cron.ts'\nexport default { name: 'a', machine: 'batch', when: { cron } }\n",
  )
  for (const name of [
    'README.md',
    'contracts/README',
    '.DS_Store',
    'metrics/.m.ts.swp',
    'metrics/m.ts~',
    '.gitignore',
  ])
    put(name, '{')
  for (const name of [
    'metrics/m.ts.bak',
    'metrics/#m.ts#',
    'metrics/m.ts.orig',
    '.git/config',
    'metrics/.#m.ts',
  ])
    put(name, '{')
  put('package.json', '{"type":"module"}')
  expect((await loadPipeline(folder)).schedules).toMatchObject([{ name: 'a', when: { cron: '5 3 * * *' } }])
})

test('a key that a JSON file has twice is refused by line', async () => {
  put('contracts/twice.json', '{\n"type":"org.example.a",\n"version":1,\n"version":2}')
  expect(await refusal()).toMatch(
    /twice\.json: line 4 has the key "version" a second time; leave one of them/,
  )
})
