import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Trino } from '../dialects/trino-server.ts'
import { orReason } from '../downloads.ts'
import { blocksOf } from './engines.ts'
import { type LivePlatform, startLivePlatform, until } from './live-platform.ts'
import { startTrinoOn } from './trino.ts'

/** Trino, with its catalog and the query as docs/read-the-lake.md has them. */

let platform: LivePlatform
let trino: Trino | { readonly reason: string }
const answers: number[] = []

beforeAll(async () => {
  platform = await startLivePlatform('2s')
  trino = await orReason('Trino', () => startTrinoOn(platform))
  for (let n = 0; n < 3; n++) {
    await platform.sendEpoch(50)
    answers.push((await platform.published())!)
  }
}, 900_000)

afterAll(async () => {
  if (trino !== undefined && !('reason' in trino)) await trino.stop()
  await platform?.stop()
  platform?.dispose()
})

describe('Trino', () => {
  const asked = async (sql: string, skip: (why: string) => void) => {
    if ('reason' in trino) skip(trino.reason)
    return (trino as Trino).rows(sql)
  }

  test('lists the tables, and reads what is in them', async ({ skip }) => {
    expect(await asked('SHOW TABLES FROM tributary.curated', skip)).toEqual([{ Table: 'click' }])
    const count = 'SELECT count(*) AS n FROM tributary.curated.click'
    await until(async () => (await asked(count, skip))[0]!['n'] === platform.sent(), 'rows are missing')
    const one = await asked(
      `SELECT CAST(price AS VARCHAR) AS price, tags, filename, to_iso8601(at AT TIME ZONE 'UTC') AS at
       FROM tributary.curated.click WHERE n = 2`,
      skip,
    )
    expect(one).toEqual([
      { price: '19.90', tags: '["a","b"]', filename: 'a.html', at: '2026-01-31T10:05:00.250000Z' },
    ])
    const nothing = await asked('SELECT price, at FROM tributary.curated.click WHERE n = 3', skip)
    expect(nothing).toEqual([{ price: null, at: null }])
  })

  test('reads the table as it was when the API gave each of its answers', async ({ skip }) => {
    const snapshots = await asked(
      `SELECT CAST(snapshot_id AS VARCHAR) AS id, element_at(summary, 'tributary.run') AS run,
              to_iso8601(committed_at AT TIME ZONE 'UTC') AS at
       FROM tributary.curated."click$snapshots" ORDER BY committed_at`,
      skip,
    )
    const [, ofTrino] = blocksOf('As it was', 'sql')
    const rows: unknown[] = []
    for (const { id, at, run } of snapshots) {
      const [byId] = await asked(
        `SELECT count(*) AS n FROM tributary.curated.click FOR VERSION AS OF ${String(id)}`,
        skip,
      )
      const instant = String(at).replace('T', ' ').replace('Z', ' UTC')
      const asOf = ofTrino!.replace('curated.trip', 'curated.click').replace(/'[^']*'/, `'${instant}'`)
      const [byInstant] = await asked(asOf, skip)
      expect(Object.values(byInstant!)).toEqual([byId!['n']])
      expect(await platform.get(`/v1/runs/${String(run)}`)).toMatchObject({ machine: 'batch' })
      rows.push(byId!['n'])
    }
    expect(rows).toEqual(answers)
  })

  test('changes nothing as the reader of the page', async ({ skip }) => {
    await expect(asked('DELETE FROM tributary.curated.click WHERE n = 1', skip)).rejects.toThrow()
  })
})
