import { afterAll, beforeAll } from 'vitest'
import { openJdbcCatalog } from '../../../drivers/catalog/jdbc/jdbc.ts'
import type { EmbeddedPostgres } from '../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { tableCatalogContract } from '../../contracts/table-catalog.ts'
import { openServer, removeFolder, temporaryFolder } from '../warehouse/server.ts'

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
