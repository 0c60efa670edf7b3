import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { sparkDialect } from '../../../core/sql/spark/spark.ts'
import { type DialectHarness, dialectContract } from '../../contracts/dialect.ts'
import { orReason } from '../downloads.ts'
import { readersPython } from '../iceberg/engines.ts'
import { startSpark } from './spark-process.ts'

async function sparkHarness(python: string): Promise<DialectHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'dialect-spark-'))
  const file = join(folder, 'curated.parquet')
  const dialect = sparkDialect(() => `parquet.\`${file}\``)
  const spark = startSpark(python)
  for (const setting of dialect.settings) await spark.rows(setting)
  return {
    dialect,
    hasNul: true,
    load: curated => copyFile(curated.file, file),
    rows: spark.rows,
    dispose: async () => {
      await spark.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const python = await orReason('Spark', async () => ({ path: await readersPython() }))
if ('reason' in python)
  describe('the SQL of spark', () => test.skip(`partials are those of the speed layer: ${python.reason}`))
else dialectContract('spark', () => sparkHarness(python.path))
