import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

let folder: string
let child: ChildProcess
let text = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-watched-'))
  for (const name of ['core', 'node_modules', 'package.json'])
    await symlink(join(ROOT, name), join(folder, name))
  await cp(join(ROOT, 'pipeline'), join(folder, 'pipeline'), { recursive: true })
  child = spawn(
    process.execPath,
    [join(ROOT, 'local/cli/bin.ts'), 'start', '--watch', '--pipeline', 'pipeline'],
    {
      cwd: folder,
      env: {
        ...process.env,
        ...{ PORT: '0', TRIBUTARY_DATA: join(folder, 'data'), TRIBUTARY_KEYS: 'admin:secret' },
        ...{ TRIBUTARY_WAREHOUSE: 'off', TRIBUTARY_EPOCH: '10s', TRIBUTARY_LOG_LEVEL: 'warn' },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', chunk => (text += String(chunk)))
})
afterAll(async () => {
  if (child.exitCode === null) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 })
})

const said = (pattern: RegExp, times = 1) =>
  vi.waitFor(() => expect(text.match(new RegExp(pattern, 'g')) ?? [], text).toHaveLength(times), {
    timeout: 40_000,
    interval: 100,
  })
const address = () => /ready at (\S+)/.exec(text)![1]!
const authorization = 'Bearer secret'
const metric = (name: string, more = '') => `import { count } from '../../core/declare/measures.ts'
import { defineMetric } from '../../core/declare/metric.ts'

export default defineMetric({
  name: '${name}', type: 'com.tributary.flight', window: 'day', measures: { flights: count() },${more}
})
`
const write = (file: string, text: string) => writeFile(join(folder, 'pipeline', file), text)

async function flights(name: string): Promise<number | undefined> {
  const response = await fetch(`${address()}/v1/metrics/${name}`, { headers: { authorization } })
  const { rows } = (await response.json()) as { rows?: readonly { values: { flights: number } }[] }
  return rows?.reduce((sum, row) => sum + row.values.flights, 0)
}

test('a changed declaration is taken over, a wrong one is told and the old goes on; nothing acknowledged is lost', async () => {
  await said(/ready at/)
  let acknowledged = 0
  let isSending = true
  const sending = (async () => {
    for (let at = 0; isSending; at++) {
      const body = JSON.stringify({
        ...{
          specversion: '1.0',
          id: `f-${at}`,
          source: '/t',
          type: 'com.tributary.flight',
          time: '2001-02-01T00:00:00Z',
        },
        data: { origin: 'LAX', destination: 'JFK', delay: 1, distance: 5 },
      })
      const headers = { authorization, 'content-type': 'application/cloudevents+json' }
      // Between two platforms nobody listens: such an event is not acknowledged.
      const response = await fetch(`${address()}/v1/events`, { method: 'POST', headers, body }).catch(
        () => undefined,
      )
      if (response?.status === 202) acknowledged++
      else await sleep(20)
    }
  })()

  await write('metrics/extra.ts', metric('extra_daily'))
  await said(/declarations are taken over/)
  expect(text.match(/ready at (\S+)/g)).toEqual([`ready at ${address()}`, `ready at ${address()}`])

  await write('metrics/extra.ts', metric('extra_daily', ' wher: {}'))
  await said(/"wher" is not known; did you mean where\?/)
  await said(/the platform goes on as it was/)
  expect(await flights('extra_daily')).toBeGreaterThan(0)
  expect(text).not.toMatch(/declarations are taken over.*declarations are taken over/s)

  // Several at once are one change; tests of declarations are none.
  for (const name of ['more', 'other', 'extra']) await write(`metrics/${name}.ts`, metric(`${name}_daily`))
  await said(/declarations are taken over/, 2)
  await write('tests/none.test.yaml', 'events: []')
  isSending = false
  await sending
  await vi.waitFor(async () => expect(await flights('flights_daily')).toBe(acknowledged), { timeout: 20_000 })
  await vi.waitFor(async () => expect(await flights('other_daily')).toBe(acknowledged), { timeout: 40_000 })
  await sleep(1500)
  expect(text.match(/starting again/g)).toHaveLength(2)

  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  await expect(fetch(`${address()}/v1/health`)).rejects.toThrow()
}, 180_000)
