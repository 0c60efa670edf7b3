import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'
import { type Installed, install, PYTHON_PACKAGES } from './installed.ts'

/** What Prometheus makes of /metrics: the lints of `promtool check metrics`, and its parser in Python. */

let platform: PlatformProcess
let go: Installed
let python: Installed
let exposed: string

beforeAll(async () => {
  go = await install('metrics', {
    fetch: [['go', 'mod', 'download']],
    build: [['go', 'build', '-o', 'lint', '.']],
  })
  python = await install('metrics', PYTHON_PACKAGES)
  const sample = join(import.meta.dirname, '..', '..', 'pipeline')
  platform = await startPlatformProcess({
    ...{ TRIBUTARY_PIPELINE: sample, TRIBUTARY_EPOCH: '1h', TRIBUTARY_KEYS: 'admin:metrics-key' },
  })
  const ask = async (path: string, init: RequestInit = {}) =>
    (
      await fetch(`http://127.0.0.1:${platform.port}${path}`, {
        ...init,
        headers: {
          authorization: 'Bearer metrics-key',
          'content-type': 'application/cloudevents-batch+json',
        },
      })
    ).text()
  // So that counters of answers, of reasons and of fields have values with labels.
  const event = { specversion: '1.0', id: '1', source: '/t', type: 'com.tributary.hoverboard', data: {} }
  await ask('/v1/events', { method: 'POST', body: JSON.stringify([event]) })
  exposed = await ask('/metrics')
}, 600_000)
afterAll(async () => {
  await platform?.stop()
  platform?.dispose()
})

/** What a command prints of the metrics. */
async function said(command: string, args: readonly string[] = []): Promise<string> {
  const running = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  running.stdin.end(exposed)
  return text(running.stdout)
}

test('promtool’s lints have nothing to say against the platform’s metrics', async context => {
  context.skip('missing' in go, 'missing' in go ? go.missing : undefined)
  if ('missing' in go) return
  const problems = (await said(join(go.folder, 'lint'))).split('\n').filter(line => line !== '')
  expect(problems).toEqual([])
})

test('prometheus_client reads them all, each as what it is', async context => {
  context.skip('missing' in python, 'missing' in python ? python.missing : undefined)
  if ('missing' in python) return
  const { folder } = python
  const families = await said(join(folder, 'venv/bin/python'), [join(folder, 'parse.py')])
  for (const family of [
    ...['tributary_events_accepted counter 1', 'tributary_http_request_duration_seconds histogram'],
    ...['tributary_part_up gauge', 'tributary_log_lag_bytes gauge 1'],
  ])
    expect(families).toContain(family)
  expect(families).not.toContain('unknown')
})
