import { delimiter, dirname } from 'node:path'
import { requireSparkSql, type SparkSql } from '../../../drivers/lake/spark/process.ts'
import { readersPython } from '../iceberg/engines.ts'

/** The Spark that the tests of tables install, in PATH as where a virtual environment of Python is active. */
export async function sparkHere(): Promise<SparkSql> {
  const bin = dirname(await readersPython())
  process.env['PATH'] = `${bin}${delimiter}${process.env['PATH']}`
  const spark = { master: 'local[2]' }
  await requireSparkSql(spark)
  return spark
}
