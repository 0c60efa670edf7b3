import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeTable } from '../../../core/iceberg/table-metadata.ts'
import type { OpenTable } from '../../../core/lake/open-table.ts'
import { createFolderTableFiles } from '../../../drivers/table-files/folder.ts'
import { commitEpochs } from '../../../steps/tables/commit-epochs.ts'
import type { EpochFiles } from '../../../steps/tables/epoch-files.ts'
import { expireSnapshots } from '../../../steps/tables/expire-snapshots.ts'
import type { TablePorts } from '../../../steps/tables/table-head.ts'
import { memoryCatalog } from '../../memory-catalog.ts'
import { filesOf, metadataOf } from './tables-kit.ts'

const HOUR = 3_600_000
const column = (name: string) => ({ name, type: 'timestamp', description: '' }) as const
const table: OpenTable = {
  ...{ namespace: 'curated', table: 'order', source: 'curated:x', dayOf: 'event_time' },
  columns: ['event_time', 'received_at', 'epoch'].map(column),
}

let lake: string
let clock: number
let tables: TablePorts
beforeEach(async () => {
  lake = await mkdtemp(join(tmpdir(), 'expire-'))
  clock = Date.parse('2026-11-01T00:00:00Z')
  tables = {
    catalog: memoryCatalog(),
    files: createFolderTableFiles(lake),
    now: () => clock,
    newUuid: randomUUID,
  }
})
afterEach(() => rm(lake, { recursive: true }))

let versions = 0

/** Commits an epoch in a file of its own, an hour later. */
async function commit(epoch: number): Promise<void> {
  clock += HOUR
  const name = `v${versions++}.parquet`
  await writeFile(join(lake, name), name)
  const range = { from: epoch, to: epoch }
  const kept = await tables.files.keep(name, tables.files.folder(table.namespace, table.table))
  const instants = new Map(['event_time', 'received_at', 'epoch'].map(each => [each, range]))
  const files: EpochFiles = { epoch, parts: [{ ...kept, rows: 1, instants }], columns: new Set() }
  await commitEpochs(tables, table, { epochs: [files], run: `run-${versions}`, through: epoch })
}

const names = (folder: string) => readdir(join(lake, 'tables/curated/order', folder))

test('snapshots older than a week go, with the files that only they had, and the others stay whole', async () => {
  for (let n = 0; n < 200; n++) await commit((n % 150) * HOUR)
  const before = await metadataOf(tables)
  expect(await names('data')).toHaveLength(200)
  const expired = await expireSnapshots(tables, table)
  const after = await metadataOf(tables)
  expect(expired).toBe(200 - 7 * 24 - 1)
  expect(after.snapshots).toEqual(before.snapshots!.slice(expired))
  for (const snapshot of after.snapshots!)
    for (const { path } of await filesOf(tables, snapshot))
      expect(await names('data')).toContain(path.slice(path.lastIndexOf('/') + 1))
  // All that were replaced were so after the oldest snapshot that is kept.
  expect(await names('data')).toHaveLength(200)
  for (let n = 0; n < 170; n++) await commit((200 + n) * HOUR)
  expect(await expireSnapshots(tables, table)).toBeGreaterThan(100)
  const snapshots = (await metadataOf(tables)).snapshots!
  const live = new Set(
    (await Promise.all(snapshots.map(each => filesOf(tables, each)))).flat().map(({ path }) => path),
  )
  expect((await names('data')).map(name => join(lake, 'tables/curated/order/data', name)).sort()).toEqual(
    [...live].sort(),
  )
  expect((await names('metadata')).filter(name => name.startsWith('snap-'))).toHaveLength(snapshots.length)
}, 120_000)

test('there are no more than a thousand and some, however young', async () => {
  for (let n = 0; n < 30; n++) await commit(n * HOUR)
  const metadata = await metadataOf(tables)
  const many = Array.from({ length: 1100 }, (_, i) => ({
    ...metadata.snapshots![0]!,
    ...{ 'snapshot-id': BigInt(i + 1), 'sequence-number': -1100 + i, 'timestamp-ms': clock },
  }))
  const next = `${metadata.location}/metadata/x.metadata.json`
  await tables.files.write(next, writeTable({ ...metadata, snapshots: [...many, ...metadata.snapshots!] }))
  await tables.catalog.commit(table, await tables.catalog.location(table), next)
  expect(await expireSnapshots(tables, table)).toBe(130)
  expect((await metadataOf(tables)).snapshots).toHaveLength(1000)
})

test('nothing goes of a table that somebody has tagged', async () => {
  for (let n = 0; n < 200; n++) await commit(n * HOUR)
  const metadata = await metadataOf(tables)
  const refs = { ...(metadata as { refs?: object }).refs, audit: { 'snapshot-id': 1n, type: 'tag' } }
  const next = `${metadata.location}/metadata/x.metadata.json`
  await tables.files.write(next, writeTable({ ...metadata, refs } as typeof metadata))
  await tables.catalog.commit(table, await tables.catalog.location(table), next)
  expect(await expireSnapshots(tables, table)).toBe(0)
}, 60_000)
