import { afterAll, beforeAll, expect, test } from 'vitest'
import { openJdbcCatalog } from '../../../drivers/catalog/jdbc/jdbc.ts'
import type { EmbeddedPostgres } from '../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { READER } from '../../../drivers/warehouse/embedded-postgres/roles.ts'
import { tableCatalogContract } from '../../contracts/table-catalog.ts'
import { openServer, removeFolder, rowsOf, temporaryFolder } from '../warehouse/server.ts'

let folder: string
let server: EmbeddedPostgres
const open: { close(): Promise<void> }[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await openServer(folder)
}, 60_000)

afterAll(async () => {
  await Promise.all(open.map(catalog => catalog.close()))
  await server.stop()
  await removeFolder(folder)
})

// Each test has a catalog of its own name: they share the tables in which a database keeps catalogs.
tableCatalogContract('the JDBC catalog', async () => {
  const catalog = openJdbcCatalog({ url: server.url, schema: 'public', name: `test_${open.length}` })
  open.push(catalog)
  return catalog
})

test('the JDBC catalog is one that readers read, and they alone who may write change', async () => {
  const catalog = openJdbcCatalog({ url: server.url, schema: 'public', reader: READER })
  open.push(catalog)
  await catalog.commit({ namespace: 'curated', table: 'trip' }, undefined, 'file:///a')
  const rows = `SELECT table_namespace, table_name, iceberg_type FROM iceberg_tables WHERE catalog_name = 'tributary'`
  expect(await rowsOf(server.readerUrl, rows)).toEqual([
    { table_namespace: 'curated', table_name: 'trip', iceberg_type: 'TABLE' },
  ])
  await expect(rowsOf(server.readerUrl, 'DELETE FROM iceberg_tables')).rejects.toThrow()
})
