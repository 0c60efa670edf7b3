import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'
import { openJdbcCatalog } from '../../drivers/catalog/jdbc/jdbc.ts'
import { createFolderTableFiles } from '../../drivers/table-files/folder.ts'
import { freePort } from '../drivers/warehouse/server.ts'
import { filesOf, metadataOf } from '../steps/tables/tables-kit.ts'

/**
 * A platform that is killed with kill -9 while it publishes, again and again, and what its tables are then.
 */

const CLICK = { namespace: 'curated', table: 'click' }
const KILLS = 6

test('tables of a platform that is killed at any time have every event once, in every snapshot that they list', {
  timeout: 240_000,
}, async () => {
  const data = await mkdtemp(join(tmpdir(), 'kill-tables-'))
  const port = await freePort()
  const start = () =>
    startPlatformProcess(
      {
        ...{ TRIBUTARY_EPOCH: '1s', TRIBUTARY_WAREHOUSE: 'on', TRIBUTARY_WAREHOUSE_PORT: String(port) },
        TRIBUTARY_PIPELINE: join(import.meta.dirname, '../readers/pipeline'),
      },
      data,
    )
  let platform: PlatformProcess | undefined
  try {
    let sent = 0
    for (let kill = 0; kill < KILLS; kill++) {
      platform = await start()
      for (let n = 0; n < 5; n++) {
        await send(platform, sent, 20)
        sent += 20
        await sleep(300 + ((kill * 7 + n * 3) % 5) * 190)
      }
      await platform.stop('SIGKILL')
    }
    platform = await start()
    const password = await readFile(join(data, 'warehouse-password'), 'utf8')
    const url = `postgres://tributary:${password}@127.0.0.1:${port}/tributary`
    const catalog = openJdbcCatalog({ url, schema: 'public' })
    const tables = {
      catalog,
      files: createFolderTableFiles(join(data, 'lake')),
      ...{ now: Date.now, newUuid: () => 'none' },
    }
    const snapshots = async () => (await metadataOf(tables, CLICK)).snapshots!
    const rowsOf = async (at: number) =>
      (await filesOf(tables, (await snapshots()).at(at)!)).reduce((sum, { rows }) => sum + rows, 0)
    for (let tries = 0; (await rowsOf(-1).catch(() => 0)) !== sent; tries++) {
      if (tries > 150) throw new Error(`${await rowsOf(-1)} of ${sent} rows are in the table`)
      await sleep(300)
    }
    const listed = await snapshots()
    for (const snapshot of listed)
      for (const { path } of await filesOf(tables, snapshot))
        expect((await stat(path)).size).toBeGreaterThan(0)
    expect(listed.length).toBeGreaterThan(KILLS)
    for (const { summary } of listed) expect(summary['tributary.run']).toMatch(/^\d{8}T/)
    await catalog.close()
  } finally {
    await platform?.stop()
    await rm(data, { recursive: true, force: true })
  }
})

async function send({ port, key }: PlatformProcess, from: number, n: number): Promise<void> {
  const events = Array.from({ length: n }, (_, i) => ({
    ...{ specversion: '1.0', id: `e${from + i}`, source: '/kill', type: 'com.example.click' },
    ...{ time: '2026-01-31T12:05:00Z', data: { who: `w${i}`, n: from + i } },
  }))
  const response = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  })
  expect(response.status).toBe(202)
}
