import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFolderLake } from '../../drivers/compose/folder-lake.ts'
import { type DialectHarness, dialectContract } from '../contracts/dialect.ts'

dialectContract('duckdb', async (): Promise<DialectHarness> => {
  const folder = await mkdtemp(join(tmpdir(), 'dialect-duckdb-'))
  const opened = await openFolderLake({ folder })
  return {
    dialect: opened.engine.dialect,
    hasNul: true,
    load: ({ file }) => copyFile(file, join(folder, 'curated')),
    rows: sql => opened.engine.session(session => session.rows({ sql, reads: [] })),
    dispose: async () => {
      opened.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
})
