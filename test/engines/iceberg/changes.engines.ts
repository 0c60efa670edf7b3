import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Trino } from '../dialects/trino-server.ts'
import { orReason } from '../downloads.ts'
import { blocksOf, type Engines, installEngines } from './engines.ts'
import { type LivePlatform, startLivePlatform, until } from './live-platform.ts'
import { startTrinoOn } from './trino.ts'

/** What a user of each engine changes in the tables of a platform that works, and what runs make of it. */

let engines: Engines
let platform: LivePlatform
let trino: Trino | { readonly reason: string }

beforeAll(async () => {
  ;[engines, platform] = await Promise.all([installEngines(), startLivePlatform('2s')])
  await platform.sendEpoch(20)
}, 900_000)

afterAll(async () => {
  await platform?.stop()
  platform?.dispose()
})

type Rows = {
  readonly rows: number
  readonly numbers: readonly number[]
  readonly changed: readonly number[]
  readonly epochs: Readonly<Record<string, number>>
}

/** What a reader of the table finds. */
function rows(): Promise<Rows> {
  const [pyiceberg] = blocksOf('As tables of a catalog', 'python')
  return engines.run<Rows>('rows.py', ['pyiceberg'], platform.placed(pyiceberg!))
}

/** Deletes one row and changes another, each by the statements of the engine. */
async function change(engine: string, gone: number, other: number): Promise<void> {
  if (engine === 'trino') {
    const table = 'owner.curated.click'
    await (trino as Trino).rows(`DELETE FROM ${table} WHERE n = ${gone}`)
    await (trino as Trino).rows(
      `MERGE INTO ${table} t USING (VALUES (BIGINT '${other}', 'somebody')) AS c (n, who) ON t.n = c.n ` +
        'WHEN MATCHED THEN UPDATE SET who = c.who',
    )
    return
  }
  const args = [engine, String(gone), String(other)]
  const block = platform.asOwner(engine as 'spark' | 'pyiceberg', engines.jars)
  expect(await engines.run('change.py', args, block)).toEqual([other])
}

/** Who unsets the property: Trino cannot set those of others. */
const GIVES_BACK: Readonly<Record<string, 'spark' | 'pyiceberg'>> = { spark: 'spark' }

const NAMES: Readonly<Record<string, string>> = {
  spark: 'spark',
  trino: 'trino',
  pyiceberg: 'another engine',
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)
const pathOf = (epoch: number) => `${new Date(epoch).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`

describe.each(Object.keys(NAMES))('rows that a user of %s deletes and merges', engine => {
  let before: readonly number[]
  let touched: readonly number[]
  const skipped = () => engine === 'trino' && 'reason' in trino

  beforeAll(async () => {
    if (engine === 'trino') trino = await orReason('Trino', () => startTrinoOn(platform))
  }, 900_000)
  afterAll(async () => {
    if (engine === 'trino' && !('reason' in trino)) await trino.stop()
  })

  test('are noticed by the next run, which goes on with other epochs', async context => {
    if (skipped()) context.skip((trino as { reason: string }).reason)
    const from = platform.sent()
    for (const _ of [0, 1]) await platform.sendEpoch(20)
    await until(async () => (await rows()).rows === platform.sent(), 'the table is behind')
    const { epochs } = await rows()
    touched = [epochs[from + 3]!, epochs[from + 25]!]
    expect(new Set(touched).size).toBe(2)
    await change(engine, from + 3, from + 25)
    await platform.sendEpoch(20)
    before = upTo(platform.sent()).filter(n => n !== from + 3)
    await until(async () => (await rows()).rows === before.length, 'others do not go on')
    expect(await rows()).toMatchObject({ numbers: before, changed: [from + 25] })
    const changes = (await platform.told()).flatMap(({ changed }) => changed?.['curated.click'] ?? [])
    const theirs = changes.filter(each => each.engine === NAMES[engine])
    expect([...new Set(theirs.flatMap(each => each.epochs))].sort()).toEqual(touched)
  })

  test('stay so where their epochs are computed again, and the numbers are those of all events', async context => {
    if (skipped()) context.skip((trino as { reason: string }).reason)
    const published = await platform.published()
    const { changed } = await rows()
    await platform.backfill(touched[0]!, touched[1]! + 2000)
    await until(
      async () => (await platform.told()).at(-1)?.left?.['curated.click']?.length === touched.length,
      'nothing is said to be left',
    )
    expect((await platform.told()).at(-1)!.left!['curated.click']).toEqual(touched.map(pathOf))
    expect(await rows()).toMatchObject({ numbers: before, changed })
    expect(await platform.published()).toBe(published)
    expect(published).toBe(platform.sent())
  })

  test('are those that were published again once the property is unset', async context => {
    if (skipped()) context.skip((trino as { reason: string }).reason)
    const by = GIVES_BACK[engine] ?? 'pyiceberg'
    await engines.run('give-back.py', [by], platform.asOwner(by, engines.jars))
    await until(async () => (await rows()).rows === platform.sent(), 'it is not as published')
    expect(await rows()).toMatchObject({ numbers: upTo(platform.sent()), changed: [] })
  })
})
