import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Trino } from '../dialects/trino-server.ts'
import { orReason } from '../downloads.ts'
import { blocksOf, type Engines, installEngines } from './engines.ts'
import { type LivePlatform, startLivePlatform, until } from './live-platform.ts'
import { startTrinoOn } from './trino.ts'

/** A platform whose epochs are a second, and others that commit to the same table all the while. */

const COMMITS = 12
/** Numbers of rows that others add. */
const FROM: Readonly<Record<string, number>> = { pyiceberg: 1_000_000, spark: 2_000_000 }

let engines: Engines
let platform: LivePlatform

beforeAll(async () => {
  ;[engines, platform] = await Promise.all([installEngines(), startLivePlatform('1s')])
  await platform.sendEpoch(10)
}, 900_000)

afterAll(async () => {
  await platform?.stop()
  platform?.dispose()
})

type Numbers = { readonly numbers: readonly number[] }
const others: number[] = []

/** What pyiceberg finds, and Spark, by the blocks of the page. */
const numbersIn = (reader: 'pyiceberg' | 'spark') => {
  const [pyiceberg, , spark] = blocksOf('As tables of a catalog', 'python')
  const block = reader === 'pyiceberg' ? pyiceberg! : spark!
  return engines.run<Numbers>('rows.py', [reader], platform.placed(block, engines.jars))
}

const expected = () =>
  [...Array.from({ length: platform.sent() }, (_, n) => n), ...others].sort((a, b) => a - b)

describe.each(Object.keys(FROM))('the platform and %s that commit at once', engine => {
  test('leave a readable table with all that both have committed, each row once', async () => {
    const block = platform.asOwner(engine as 'spark' | 'pyiceberg', engines.jars)
    const args = [engine, String(FROM[engine]), String(COMMITS)]
    let isDone = false
    const adding = engines.run<number[]>('append.py', args, block).finally(() => {
      isDone = true
    })
    adding.catch(() => undefined)
    // An epoch after the other, so that the platform's commits are never far behind on a busy machine.
    while (!isDone) await platform.sendEpoch(5)
    const added = await adding
    expect(added).toHaveLength(COMMITS)
    others.push(...added)
    await platform.sendEpoch(5)
    await until(
      async () => (await numbersIn('pyiceberg')).numbers.length === expected().length,
      'rows are missing, or there twice',
    )
    expect((await numbersIn('pyiceberg')).numbers).toEqual(expected())
  })
})

test('Spark reads the same rows', async () => {
  expect((await numbersIn('spark')).numbers).toEqual(expected())
})

describe('Trino', () => {
  let trino: Trino | { readonly reason: string }
  beforeAll(async () => {
    trino = await orReason('Trino', () => startTrinoOn(platform))
  }, 900_000)
  afterAll(async () => {
    if (trino !== undefined && !('reason' in trino)) await trino.stop()
  })

  test('reads the same rows', async ({ skip }) => {
    if ('reason' in trino) return skip(trino.reason)
    const rows = await trino.rows('SELECT n FROM tributary.curated.click ORDER BY n')
    expect(rows.map(({ n }) => n)).toEqual(expected())
  })
})
