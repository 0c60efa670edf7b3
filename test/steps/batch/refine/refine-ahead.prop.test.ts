import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { curatedFolder, rawFolder } from '../../../../core/lake/lake-paths.ts'
import type { LakeSession } from '../../../../core/ports/lake-engine.ts'
import { query } from '../../../../core/sql/query.ts'
import { type FolderLake, openFolderLake } from '../../../../drivers/compose/folder-lake.ts'
import { createRefine, type RefineResult } from '../../../../steps/batch/refine/refine.ts'
import { createRefineAhead } from '../../../../steps/batch/refine/refine-ahead.ts'
import { memoryCountedSince } from '../../../counted-since.ts'
import { EPOCH, HORIZON, iso, large, order, orders, pipelineOf, T0 } from '../batch-kit.ts'

const RUNS = Number(process.env['REFINE_RUNS'] ?? 40)

/**
 * Refining while the epoch is open comes to what refining at once comes to: row for row, column for column,
 * number for number; whatever the files, the moments and the deaths are, with events sent twice and lines
 * delivered twice, within a file, across files and across epochs.
 */

/**
 * A line: which event, when it was received (files need not be in that order), or an earlier line delivered
 * once more.
 */
type Line = { readonly event: number; readonly at: number; readonly repeats: number | undefined }
/** What is done after a file came: refine ahead, and at which call of the lake to die. */
type Ahead = { readonly times: number; readonly dies: number | undefined }
type Play = {
  readonly earlier: readonly Line[]
  readonly files: readonly { readonly lines: readonly Line[]; readonly after: Ahead }[]
  readonly perPart: number
  readonly closes: readonly number[]
}

const line = fc.record({
  event: fc.nat(12),
  at: fc.nat(40),
  repeats: fc.option(fc.nat(30), { nil: undefined, freq: 4 }),
})
const ahead = fc.record({ times: fc.nat(2), dies: fc.option(fc.nat(14), { nil: undefined }) })
const play: fc.Arbitrary<Play> = fc.record({
  earlier: fc.array(line, { maxLength: 6 }),
  files: fc.array(fc.record({ lines: fc.array(line, { minLength: 1, maxLength: 10 }), after: ahead }), {
    minLength: 1,
    maxLength: 6,
  }),
  perPart: fc.integer({ min: 1, max: 3000 }),
  closes: fc.array(fc.nat(25), { maxLength: 2 }),
})

const pipeline = pipelineOf([orders, large])
let folder: string
let opened: FolderLake
let lake: FolderLake['lake']
let engine: FolderLake['engine']
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refine-ahead-'))
  opened = await openFolderLake({ folder })
  ;({ lake, engine } = opened)
})
afterAll(async () => {
  opened.close()
  await rm(folder, { recursive: true, force: true })
})

class Killed extends Error {}

/**
 * The lake of a process that dies at a call that changes something: before it or, at odd numbers, after it.
 */
function mortal(at: number | undefined): Pick<FolderLake, 'lake' | 'engine'> {
  let calls = 0
  const wrap =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (at === undefined) return call(...args)
      if (calls > at) throw new Killed()
      const isLast = calls++ === at
      if (isLast && at % 2 === 0) throw new Killed()
      const result = await call(...args)
      if (isLast) throw new Killed()
      return result
    }
  const session = (s: LakeSession): LakeSession => ({ ...s, execute: wrap(s.execute), write: wrap(s.write) })
  return {
    lake: { ...lake, remove: wrap(lake.remove), replace: wrap(lake.replace) },
    engine: { ...engine, session: work => engine.session(s => work(session(s))) },
  }
}

function world(play: Play, kills?: number) {
  const accepted = new Map<number, number>()
  const entry = (epoch: number) => ({
    ...({
      epoch,
      counts: 'at least',
      closed: true,
      rawComplete: true,
      short: {},
      speedComplete: true,
    } as const),
    accepted: { [order.type]: accepted.get(epoch) ?? 0 },
  })
  return {
    pipeline,
    countedSince: memoryCountedSince(pipeline),
    ...mortal(kills),
    ledger: {
      epochs: async () => [...accepted.keys()].map(entry),
      epoch: async (epoch: number) => entry(epoch),
    },
    epochLength: EPOCH,
    horizon: HORIZON,
    batch: { boundary: async () => undefined },
    partBytes: play.perPart,
    wholeFiles: (type: string, epoch: number) => lake.list(rawFolder(type, epoch)),
  }
}

/**
 * Texts of raw files, from the play's lines on; every receipt is one of its own but that of a repeated line.
 */
function texts(epoch: number, files: readonly (readonly Line[])[]): readonly string[] {
  const written: string[] = []
  return files.map(lines =>
    lines
      .map(({ event, at, repeats }) => {
        const n = String(written.length).padStart(7, '0')
        const data = { customer: event, amount: event / 8, country: event % 2 === 0 ? null : 'de' }
        const fresh = `${JSON.stringify({
          tbreceipt: `${epoch + at}-test00-${n}-000`,
          tbepoch: epoch,
          tbtime: epoch - event * 1000,
          tbpartition: event % 3,
          specversion: '1.0',
          ...{ id: `e${event}`, source: '/test', type: order.type, time: iso(epoch - event * 1000), data },
        })}\n`
        const text = repeats === undefined ? fresh : (written[repeats] ?? fresh)
        written.push(text)
        return text
      })
      .join(''),
  )
}

async function store(epoch: number, name: number, text: string): Promise<void> {
  const path = join(folder, rawFolder(order.type, epoch), `${String(name).padStart(16, '0')}.ndjson`)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

async function begin(play: Play): Promise<void> {
  for (const top of ['raw', 'curated', 'staged']) await lake.remove(top)
  if (play.earlier.length === 0) return
  await store(T0, 0, texts(T0, [play.earlier])[0]!)
  await createRefine(world(play))({ type: order.type, epoch: T0 })
}

const task = { type: order.type, epoch: T0 + EPOCH }

async function outcome({ raw, curated, duplicates, redelivered }: RefineResult) {
  const parts = (await lake.list(curatedFolder(task.type, task.epoch))).map(({ path }) => path)
  const curatedRows = engine.dialect.scan([{ kind: 'curated', ...task, parts }])
  const rows = await engine.session(s => s.rows(query`SELECT * FROM ${curatedRows} AS p ORDER BY receipt`))
  const staged = (await lake.list('staged')).map(({ path }) => path)
  return { raw, curated, duplicates, redelivered, rows, staged }
}

async function atOnce(play: Play) {
  await begin(play)
  const files = texts(
    task.epoch,
    play.files.map(({ lines }) => lines),
  )
  for (const [i, text] of files.entries()) await store(task.epoch, i, text)
  return outcome(await createRefine({ ...world(play), partBytes: 256e6 })(task))
}

async function mayDie(work: Promise<unknown>): Promise<void> {
  await work.catch(error => {
    if (!(error instanceof Killed)) throw error
  })
}

async function whileOpen(play: Play) {
  await begin(play)
  const files = texts(
    task.epoch,
    play.files.map(({ lines }) => lines),
  )
  for (const [i, { after }] of play.files.entries()) {
    await store(task.epoch, i, files[i]!)
    for (let n = 0; n < after.times; n++) await mayDie(createRefineAhead(world(play, after.dies))(task))
  }
  for (const kills of play.closes) await mayDie(createRefine(world(play, kills))(task))
  return outcome(await createRefine(world(play))(task))
}

test('refining while the epoch is open comes to the rows and numbers of refining at once', {
  timeout: RUNS * 7_500,
}, async () => {
  await fc.assert(
    fc.asyncProperty(play, async play => {
      const expected = await atOnce(play)
      expect(await whileOpen(play)).toEqual(expected)
      expect(expected.staged).toEqual([])
    }),
    { numRuns: RUNS },
  )
})

test('at the close only files that were not refined before are read', async () => {
  const lines = (n: number): Line[] => [{ event: n, at: n, repeats: undefined }]
  const after = { times: 1, dies: undefined }
  const files = [0, 1, 2, 3].map(n => ({ lines: lines(n), after: n === 3 ? { ...after, times: 0 } : after }))
  const play: Play = { earlier: [], files, perPart: 1, closes: [] }
  await begin(play)
  const content = texts(
    task.epoch,
    files.map(file => file.lines),
  )
  for (const [i, { after }] of files.entries()) {
    await store(task.epoch, i, content[i]!)
    for (let n = 0; n < after.times; n++) expect(await createRefineAhead(world(play))(task)).toBe(i + 1)
  }
  const read: string[] = []
  const spied: FolderLake['engine'] = {
    ...engine,
    session: work =>
      engine.session(s =>
        work({
          ...s,
          execute: statement => {
            const raw = statement.reads.filter(({ kind }) => kind === 'raw')
            read.push(...raw.flatMap(({ parts }) => parts.map(path => path.slice(path.lastIndexOf('/') + 1))))
            return s.execute(statement)
          },
        }),
      ),
  }
  const { curated } = await createRefine({ ...world(play), engine: spied })(task)
  expect(read).toEqual(['0000000000000003.ndjson'])
  expect(curated).toBe(4)
})
