import { tableCatalogContract } from '../../contracts/table-catalog.ts'
import { memoryCatalog } from '../../memory-catalog.ts'

tableCatalogContract('the catalog of the tests', async () => memoryCatalog())
