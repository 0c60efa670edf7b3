import fc from 'fast-check'
import { expect, test } from 'vitest'
import { duckdbDialect } from '../../../../core/sql/duckdb.ts'
import { literalsAfter } from '../../../../drivers/lake/s3/sql-literals.ts'

test('the objects that a statement names are found, whatever characters are in their paths', () => {
  const path = fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => !text.includes('\0'))
  fc.assert(
    fc.property(fc.uniqueArray(path), fc.constantFrom('/tmp/x/', "/tmp/it's/"), (paths, prefix) => {
      const sql = `SELECT 'other', '/tmp' FROM ${duckdbDialect.scan(paths.map(each => prefix + each))} AS s`
      expect(literalsAfter(prefix, sql)).toEqual(paths)
    }),
  )
})
