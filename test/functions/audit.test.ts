import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { expect, test } from 'vitest'
import { AUDIT_FILE, createAuditFile } from '../../local/telling/audit-file.ts'
import { startPlatform } from '../local/test-platform.ts'

test("who uses an admin's rights is kept with what was asked and what came of it, never the secret", async () => {
  const platform = await startPlatform()
  const json = { 'content-type': 'application/json' }
  const start = (input: object) =>
    platform.call('POST', '/v1/runs', 'a', JSON.stringify({ machine: 'batch', input }), json)
  await start({ acceptLoss: ['com.tributary.trip'] })
  await start({ acceptLoss: ['com.tributary.tirp'] })
  await platform.call('POST', '/v1/rejected/replay', 'a')
  await platform.call('GET', '/v1/metrics', 'r')
  await platform.call('POST', '/v1/runs', 'r', '{}', json)
  expect(platform.audit.map(({ key, route, status }) => [key, route, status])).toEqual([
    ['admin', 'POST /v1/runs', 202],
    ['admin', 'POST /v1/runs', 400],
    ['admin', 'POST /v1/rejected/replay', 200],
  ])
  expect(platform.audit[0]!.input).toBe('{"machine":"batch","input":{"acceptLoss":["com.tributary.trip"]}}')
  await platform.close()
})

test('on one machine entries are lines of a file that its owner alone reads', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-audit-'))
  const audit = createAuditFile(folder, pino({ level: 'silent' }), () => undefined)
  const entry = {
    at: '',
    key: 'ops',
    address: '',
    route: 'POST /v1/runs',
    path: '/v1/runs',
    status: 202,
    input: '',
  }
  await audit(entry)
  await audit({ ...entry, status: 400 })
  const lines = (await readFile(join(folder, AUDIT_FILE), 'utf8')).trimEnd().split('\n')
  expect(lines.map(line => JSON.parse(line).status)).toEqual([202, 400])
  await rm(folder, { recursive: true })
})
