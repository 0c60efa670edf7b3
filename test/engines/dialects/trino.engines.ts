import { describe, test } from 'vitest'
import { trinoDialect } from '../../../core/sql/trino/trino.ts'
import { type DialectHarness, dialectContract } from '../../contracts/dialect.ts'
import { tableStatements } from '../../dialects/literal-rows.ts'
import { orReason } from '../downloads.ts'
import { installTrino, startTrino, type TrinoFiles } from './trino-server.ts'

const TABLE = 'curated'

const SYNTAX = {
  types: { 'TIMESTAMP WITH TIME ZONE': 'TIMESTAMP(6) WITH TIME ZONE' },
  instantOfMs: (ms: string) => `from_unixtime_nanos(CAST(${ms} AS DECIMAL(38, 0)) * 1000000)`,
}

async function trinoHarness(files: TrinoFiles): Promise<DialectHarness> {
  const trino = await startTrino(files)
  const dialect = trinoDialect(() => TABLE)
  return {
    dialect,
    hasNul: true,
    load: async curated => {
      for (const sql of tableStatements(dialect, TABLE, curated, SYNTAX)) await trino.rows(sql)
    },
    rows: trino.rows,
    dispose: trino.stop,
  }
}

const files = await orReason('Trino', installTrino)
if ('reason' in files)
  describe('the SQL of trino', () => test.skip(`partials are those of the speed layer: ${files.reason}`))
else dialectContract('trino', () => trinoHarness(files))
