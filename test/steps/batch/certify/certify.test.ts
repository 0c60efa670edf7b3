import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { certifiedSql } from '../../../../core/lake/certificate-paths.ts'
import { query } from '../../../../core/sql/query.ts'
import { createCertify } from '../../../../steps/batch/certify/certify.ts'
import {
  buy,
  createWorld,
  EPOCH,
  iso,
  kept,
  large,
  order,
  orders,
  pipelineOf,
  someEvents,
  T0,
  visits,
  type World,
} from '../batch-kit.ts'
import { portsOf, runBackfill, runBatch } from '../batch-run.ts'
import { chainOf, expectCertified, installDuckdb, newestOf, verified } from './kit.ts'

const pipeline = pipelineOf([orders, kept, large, visits])
const duckdb = await installDuckdb()
const at = (i: number) => T0 + i * EPOCH

let world: World
beforeEach(async () => {
  world = await createWorld(pipeline)
})
afterEach(() => world.dispose())

/** Three epochs with duplicates within and across them, and lines that the transport delivered twice. */
async function published(): Promise<void> {
  for (const i of [0, 1, 2]) await world.send(at(i), someEvents(i))
  await world.send(at(2), [buy('again'), buy('again')])
  await world.redeliver(at(1), order.type)
  world.clock = at(3)
  await runBatch(portsOf(world, pipeline))
}

describe('a certificate', () => {
  test('is made of every epoch that is published, each with the digest of the one before', async () => {
    await published()
    const chain = await chainOf(world)
    expect(chain.map(({ epoch, run }) => [epoch, run])).toEqual(
      [0, 1, 2].map(i => [iso(at(i)).replace('.000', ''), 'run-1']),
    )
    const [first] = chain
    expect(first!.types.map(({ type }) => type).sort()).toEqual([...pipeline.latest.keys()].sort())
    expect(first!.metrics.map(({ metric }) => metric).sort()).toEqual(
      pipeline.metrics.map(({ id }) => id).sort(),
    )
    await expectCertified(world, [])
  })

  test('of an epoch that is computed again follows those of before, with what came late in it', async () => {
    await published()
    await world.send(at(1), [buy('late')])
    await runBackfill(portsOf(world, pipeline), { from: iso(at(1)), to: iso(at(2)) })
    const chain = await chainOf(world)
    expect(chain.at(-1)).toMatchObject({
      number: 4,
      run: 'backfill-1',
      epoch: iso(at(1)).replace('.000', ''),
    })
    const inputs = (number: number) =>
      chain[number]!.types.find(({ type }) => type === order.type)!.inputs.length
    expect(inputs(3)).toBe(inputs(1) + 1)
    await expectCertified(world, [])
  })

  test('that a run which was cut short left to be made is made by the next one, once', async () => {
    await published()
    const before = await chainOf(world)
    const certify = createCertify(portsOf(world, pipeline))
    expect(await certify()).toEqual({ certificates: 0, report: {} })
    expect(await chainOf(world)).toEqual(before)
  })

  test('shares the text of its SQL with those that have the same', async () => {
    await published()
    const texts = new Set([...(await newestOf(world)).values()].map(({ sql }) => certifiedSql(sql)))
    expect(texts.size).toBe(pipeline.latest.size + pipeline.metrics.length)
    expect((await world.lake.list('certificates/sql')).map(({ path }) => path)).toEqual([...texts].sort())
  })
})

describe.skipIf('reason' in duckdb)('scripts/verify-run.py, which has nothing of this program,', () => {
  const python = 'python' in duckdb ? duckdb.python : ''
  const result = (path: string) => world.file(path)

  beforeEach(published)

  test('computes the same rows and partials from raw lines, also of an epoch that was computed again', async () => {
    expect(await verified(world, python)).toMatch(/^equal: \d{2,} rows in 18 results .*, 3 certificates$/)
    await world.send(at(0), [buy('late')])
    await runBackfill(portsOf(world, pipeline), { from: iso(at(0)), to: iso(at(1)) })
    expect(await verified(world, python)).toMatch(/^equal: .* in 18 results .*, 4 certificates$/)
    expect(await verified(world, python, 'backfill-1')).toMatch(/^equal: /)
    expect(await verified(world, python, 'run-9')).toBe('no certificate is of run run-9')
  })

  test('finds an event that is taken out of the raw lake', async () => {
    const [{ path } = { path: '' }] = await world.lake.list(`raw/type=${order.type}`)
    const [, ...others] = (await readFile(result(path), 'utf8')).split('\n')
    await writeFile(result(path), others.join('\n'))
    expect(await verified(world, python)).toBe(
      `run-1 2026-11-01T00:00:00Z ${order.type}: ${path} is gone, or not what it was`,
    )
  })

  test.each([
    ['a curated event that is doubled', `curated/type=${order.type}`, 'UNION ALL (FROM kept LIMIT 1)'],
    [
      'a partial that is altered',
      `partials/metric=${pipeline.metrics[0]!.id}`,
      'WHERE "group" <> (SELECT min("group") FROM kept)',
    ],
  ])('finds %s, and still where whoever did it wrote a certificate of it', async (_, folder, change) => {
    const [{ path } = { path: '' }] = await world.lake.list(folder)
    await world.engine.session(async session => {
      await session.execute(query`CREATE TABLE kept AS FROM read_parquet('${result(path)}')`)
      await session.execute(query`COPY (FROM kept ${change}) TO '${result(path)}' (FORMAT parquet)`)
    })
    expect(await verified(world, python)).toContain(`${path} is gone, or not what it was`)
    const [chained] = await world.lake.list('certificates/chain')
    const text = await readFile(result(chained!.path), 'utf8')
    const relation = { kind: 'notes', type: '', epoch: 0, parts: [path] } as const
    const [digest] = await world.engine.session(session => session.digests(relation))
    const old = new RegExp(`("path": "${path}",\\s+"bytes": )\\d+(,\\s+"sha256": )"[^"]+"`, 'g')
    await writeFile(result(chained!.path), text.replaceAll(old, `$1${digest!.bytes}$2"${digest!.sha256}"`))
    const found = await verified(world, python)
    expect(found).toMatch(/\d+ rows computed, \d+ in the lake, \d+ differ/)
    expect(found).toContain('the chain is broken')
  })

  test('finds a certificate that is changed, or taken from the end, and SQL that is another', async () => {
    const paths = (await world.lake.list('certificates/chain')).map(({ path }) => path)
    const last = await readFile(result(paths.at(-1)!))
    await rm(result(paths.at(-1)!))
    expect(await verified(world, python)).toBe('the chain has lost its end')
    await writeFile(result(paths.at(-1)!), last)
    await appendFile(result(paths[1]!), '\n')
    expect(await verified(world, python)).toBe('the chain is broken')
    const [sql] = await world.lake.list('certificates/sql')
    await appendFile(result(sql!.path), ' ')
    expect(await verified(world, python)).toContain('its SQL is not what it was')
  })
})
