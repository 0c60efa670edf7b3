import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ContractDeclaration } from '../../core/declare/contract.ts'
import { compilePipeline } from '../../core/declare/pipeline.ts'
import { curatedFolder } from '../../core/lake/lake-paths.ts'
import { query } from '../../core/sql/query.ts'
import { openFolderLake } from '../../drivers/compose/folder-lake.ts'
import { declarationsPath, settleDeclarations, storedProblems } from '../../local/declarations.ts'

const type = 'com.example.item'

function declared(properties: object, scale?: number) {
  const data = { type: 'object', properties: { id: { type: 'string' }, ...properties } }
  const declaration = { type, version: 1, partitionBy: ['id'], data, ...(scale !== undefined && { scale }) }
  const contract = { file: 'item.json', declaration: declaration as ContractDeclaration }
  return compilePipeline({ contracts: [contract], metrics: [], schedules: [] })
}

const OLDER = { code: { type: 'string' }, amount: { type: 'number' }, tags: { type: 'array' } }

let data: string
let lake: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'declarations-'))
  lake = join(data, 'lake')
})
afterEach(() => rm(data, { recursive: true }))

const settle = (pipeline: ReturnType<typeof declared>, counted: readonly string[] = []) =>
  settleDeclarations(data, lake, pipeline, counted)

describe('a data folder', () => {
  test.each(['', '{"version":1', 'not a ledger'])(
    'is compared by its lake where the ledger is damaged: %j',
    async text => {
      await settle(declared(OLDER, 2))
      const log = join(data, 'log')
      await mkdir(log)
      await writeFile(join(log, 'ledger.json'), text)
      const changed = declared({ ...OLDER, code: { type: 'integer' } }, 2)
      expect(await storedProblems({ data, lake, log }, changed)).toEqual([])
      await mkdir(join(lake, curatedFolder(type, 0)), { recursive: true })
      expect(await storedProblems({ data, lake, log }, changed)).toHaveLength(1)
    },
  )

  test('is compared with once it has events, in the log alone too', async () => {
    await settle(declared(OLDER, 2))
    const changed = declared({ ...OLDER, code: { type: 'integer' } }, 2)
    await expect(settle(changed, [type])).rejects.toThrow(
      `contract ${type}: field "code" was string and is integer; add a field under a new name`,
    )
    await settle(changed)
    await expect(settle(declared(OLDER, 2), [type])).rejects.toThrow('code')
  })

  test('whose memory is damaged is refused by its name', async () => {
    await settle(declared(OLDER, 2))
    const text = await readFile(declarationsPath(data), 'utf8')
    await writeFile(declarationsPath(data), text.replace('string', 'strong'))
    await expect(settle(declared(OLDER, 2))).rejects.toThrow(
      /declarations\.json is damaged.*tributary doctor/,
    )
  })
})

describe('a data folder of a version that remembered nothing', () => {
  beforeEach(async () => {
    const opened = await openFolderLake({ folder: lake })
    try {
      for (const [epoch, amount] of [
        [0, '5::BIGINT'],
        [3_600_000, '2.5::DECIMAL(18, 2)'],
      ] as const) {
        const path = `${curatedFolder(type, epoch)}/part-0.parquet`
        await mkdir(dirname(join(lake, path)), { recursive: true })
        const row = query`SELECT 'x' AS event_id, 'a' AS id, '007' AS code, ${amount} AS amount, '[]' AS tags`
        await opened.engine.session(session => session.write(row, path, 'parquet'))
      }
    } finally {
      opened.close()
    }
  })

  test('is compared by the columns of its newest curated data', async () => {
    await expect(settle(declared({ ...OLDER, code: { type: 'integer' } }, 2))).rejects.toThrow(
      '"code" was string',
    )
    await expect(settle(declared({ ...OLDER, amount: { type: 'integer' } }))).rejects.toThrow(
      '"amount" was number',
    )
    await expect(settle(declared(OLDER, 1))).rejects.toThrow('keeps 1 decimal places and kept 2')
    await settle(declared(OLDER, 4))
    await expect(settle(declared(OLDER, 3))).rejects.toThrow('keeps 3 decimal places and kept 4')
  })
})
