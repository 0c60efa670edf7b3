import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { query } from '../../../core/sql/query.ts'
import { openFolderLake } from '../../../drivers/compose/folder-lake.ts'
import { failureOf } from '../../../drivers/lake/spark/failures.ts'
import { requireSparkSql } from '../../../drivers/lake/spark/process.ts'
import { openSparkEngine, type SparkSettings } from '../../../drivers/lake/spark/spark.ts'

/** How the child process is kept, with programs in Spark's place; test/engines/spark has Spark itself. */

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spark '))
  await mkdir(join(folder, '.aside'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function program(text: string): Promise<string> {
  const file = join(folder, 'spark-sql')
  await writeFile(file, `#!/bin/sh\n${text}\n`)
  await chmod(file, 0o755)
  return file
}

async function engineOf(text: string, more: Partial<SparkSettings> = {}) {
  const hold = async () => () => {}
  return openSparkEngine({
    ...{ folder, aside: '.aside', master: 'local[1]', program: await program(text), hold },
    ...more,
  })
}

const run = (engine: { run: ReturnType<typeof openSparkEngine>['run'] }) =>
  engine.run([query`SELECT 1 AS n`, query`SELECT 2 AS n`], async results => results)

/** As the last argument names a script, and that the folders of results. */
const WRITES = [
  'for script; do :; done',
  `grep -o "file:[^']*" "$script" | sed 's/^file://' | while read -r out; do`,
  '  mkdir "$out"; touch "$out/_SUCCESS" "$out/part-0.zstd.parquet" "$out/.part-0.crc"',
  'done',
].join('\n')

test('the files of each statement are handed over, and gone afterwards', async () => {
  const results = await run(await engineOf(WRITES))
  expect(results).toEqual(
    [0, 1].map(i => [expect.stringMatching(new RegExp(`^\\.aside/.*/${i}/part-0.zstd.parquet$`))]),
  )
  expect(await readdir(join(folder, '.aside'))).toEqual([])
})

test.each([
  ['dies', 'kill -9 $$', { code: 'unavailable', retryable: true }],
  ['takes too long', 'exec sleep 60', { code: 'timeout', retryable: true }],
  [
    'meets data that it cannot read, whose values are not told',
    `echo "[CAST_INVALID_INPUT] The value 'Ada' of the type" >&2; exit 1`,
    { code: 'corrupt_data', message: 'Spark failed: [CAST_INVALID_INPUT]' },
  ],
])('a Spark that %s fails the run as what it is, and leaves nothing', async (_what, text, expected) => {
  await expect(run(await engineOf(text, { timeoutMs: 500 }))).rejects.toMatchObject(expected)
  expect(await readdir(join(folder, '.aside'))).toEqual([])
})

test('what runs is ended when the engine is closed', async () => {
  const engine = await engineOf(`echo $$ > "${folder}/pid"; exec sleep 60`)
  const running = run(engine)
  const ended = expect(running).rejects.toMatchObject({ code: 'unavailable' })
  while (!(await readdir(folder)).includes('pid')) await sleep(20)
  engine.close()
  await ended
})

test.each([
  ['java.lang.OutOfMemoryError: Java heap space', 'too_large'],
  ['[PARSE_SYNTAX_ERROR] Syntax error', 'internal'],
  ['[NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION] 5 cannot be', 'corrupt_data'],
  ['java.net.ConnectException: refused', 'unavailable'],
  ['', 'unavailable'],
])('what Spark says, %s, is a failure of its kind', (said, code) => {
  expect(failureOf(said).code).toBe(code)
})

test('a Spark that does not start stops the start, with the reason and the remedy', async () => {
  const said = (reason: string) => ({
    code: 'invalid_setting',
    message: expect.stringMatching(
      new RegExp(`^TRIBUTARY_SPARK "local\\[2\\]".*\\(${reason}.*pip install pyspark`),
    ),
  })
  const spark = { master: 'local[2]', program: join(folder, 'none') }
  await expect(openFolderLake({ folder, spark })).rejects.toMatchObject(said('.*not found'))
  const withoutJava = { ...spark, program: await program('echo "JAVA_HOME is not set" >&2; exit 1') }
  await expect(requireSparkSql(withoutJava)).rejects.toMatchObject(said('JAVA_HOME is not set'))
})

test('a data folder that Spark takes for a pattern is refused', async () => {
  await expect(engineOf('', { folder: join(folder, 'a[1]') })).rejects.toMatchObject({
    code: 'invalid_setting',
    message: expect.stringContaining('"["'),
  })
})
