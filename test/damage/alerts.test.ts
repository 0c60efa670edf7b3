import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newRecord } from '../../core/alerts/alert-record.ts'
import { openLmdbAlerts } from '../../drivers/alerts/lmdb.ts'
import { embeddedPaths } from '../../drivers/compose/embedded.ts'
import { createFindings } from '../../local/damage/finding.ts'
import { mendAlerts } from '../../local/damage/mend/alerts.ts'
import type { Patient } from '../../local/damage/patient.ts'
import { requireIntact } from '../../local/damage/require-intact.ts'

let data: string
let file: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'alerts-damage-'))
  file = join(data, 'alerts', 'data.mdb')
  const store = openLmdbAlerts(join(data, 'alerts'))
  const record = newRecord({ name: 'busy', digest: 'd' }, 0)
  await store.commit({
    alert: 'busy',
    record,
    history: [{ at: 1, kind: 'begun', by: 'somebody-to-be-changed' }],
  })
  await store.close()
})
afterEach(() => rm(data, { recursive: true }))

async function mend() {
  const findings = createFindings(() => undefined)
  await mendAlerts({ data, paths: embeddedPaths(data), findings } as unknown as Patient)
  return findings.all
}

test('what is sound stays as it is', async () => {
  expect(await mend()).toEqual([])
  const store = openLmdbAlerts(join(data, 'alerts'))
  expect([...(await store.records()).keys()]).toEqual(['busy'])
  await store.close()
})

test('a value that was changed is found by its check, named, and set aside with the rest', async () => {
  const bytes = readFileSync(file)
  let changed = 0
  for (let at = bytes.indexOf('somebody'); at >= 0; at = bytes.indexOf('somebody', at + 1), changed++)
    bytes[at] = 0x53
  expect(changed).toBeGreaterThan(0)
  await writeFile(file, bytes)
  const store = openLmdbAlerts(join(data, 'alerts'))
  await expect(store.history('busy', { limit: 1 })).rejects.toMatchObject({ code: 'corrupt_data' })
  await store.close()
  const [finding] = await mend()
  expect(finding).toMatchObject({
    ...{ file: 'alerts/data.mdb', isLeft: false, outcome: expect.stringContaining('alerts begin anew') },
    problem: expect.stringContaining('does not match its checksum'),
  })
  expect(existsSync(file)).toBe(false)
})

test('a file that was cut off stops the start, which names it, and is set aside by doctor', async () => {
  await truncate(file, 9000)
  await expect(requireIntact(embeddedPaths(data))).rejects.toMatchObject({ code: 'corrupt_data' })
  expect((await mend()).length).toBe(1)
  await expect(requireIntact(embeddedPaths(data))).resolves.toBe(0)
})
