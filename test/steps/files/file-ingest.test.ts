import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import {
  createFileIngest,
  type FileIngestPorts,
  type FileIngestResult,
  NO_PROGRESS,
} from '../../../steps/files/file-ingest.ts'
import { createInboxWorld, flights, type InboxWorld, REFUSED } from './inbox-kit.ts'

let world: InboxWorld
beforeEach(async () => {
  world = await createInboxWorld()
})
afterEach(() => world.dispose())

/** All turns of a run, as the machine makes them. */
async function run(ports: FileIngestPorts = world, from = NO_PROGRESS): Promise<FileIngestResult> {
  let result = await createFileIngest(ports)(from)
  while (result.status === 'more' || result.status === 'wait')
    result = await createFileIngest(ports)(result.progress)
  return result
}

const noted = async (name: string) => {
  const file = (await world.inbox.list(1000)).find(each => each.name === name)
  return file === undefined ? undefined : world.inbox.noted(file)
}

const ids = (prefix: string, n: number) => Array.from({ length: n }, (_, i) => `${prefix}-${i}`)

describe('files of the inbox', () => {
  test('are sent as events, and moved to the day', async () => {
    await world.put('a.ndjson', flights('a1', 'a2'))
    await world.put('shop/b.ndjson.gz', gzipSync(flights('b1')))
    const { status, report } = await run()
    expect(status).toBe('done')
    expect(world.ids().sort()).toEqual(['a1', 'a2', 'b1'])
    expect(report).toMatchObject({
      fileIngest: { files: 2, failed: 0, accepted: 3, rejected: 0, more: false },
    })
    expect(await world.get(`inbox-done/${world.day()}/a.ndjson`)).toBe(flights('a1', 'a2'))
    expect(await world.get(`inbox-done/${world.day()}/shop/b.ndjson.gz`)).toBeDefined()
    expect(await world.inbox.list(10)).toEqual([])
  })

  test('may lack the last line end, and have blank lines, a byte order mark and line ends of Windows', async () => {
    await world.put('a.ndjson', `\uFEFF${flights('a1')}\r\n  \n${flights('a2').replace('\n', '\r\n')}\n`)
    await world.put('b.ndjson', flights('b1').trimEnd())
    expect((await run()).report).toMatchObject({ fileIngest: { files: 2, accepted: 3, rejected: 0 } })
    expect(world.ids()).toEqual(['a1', 'a2', 'b1'])
  })

  test('of more than a chunk are sent whole, in order', async () => {
    await world.put('a.ndjson', flights(...ids('a', 2500)))
    expect((await run()).report).toMatchObject({ fileIngest: { files: 1, accepted: 2500 } })
    expect(new Set(world.ids()).size).toBe(2500)
  })

  test('that are empty move too', async () => {
    await world.put('a.ndjson', '')
    await world.put('b.ndjson', '\n\n')
    expect((await run()).report).toMatchObject({ fileIngest: { files: 2, accepted: 0 } })
  })

  test('wait until they have not changed for a minute', async () => {
    await world.put('a.ndjson', flights('a1'))
    world.clock = Date.now() + 30_000
    expect((await run()).report).toMatchObject({ fileIngest: { files: 0, waiting: 1 } })
    world.clock = Date.now() + 61_000
    expect((await run()).report).toMatchObject({ fileIngest: { files: 1 } })
  })

  test('with wrong lines are taken in, and the wrong lines kept as rejected events', async () => {
    const wrong = flights('x').replace('"distance":2176', '"distance":"far"')
    const broken = Buffer.from([0x22, 0xff, 0x22, 0x0a])
    await world.put(
      'a.ndjson',
      Buffer.concat([Buffer.from(`${flights('a1')}${wrong}not JSON\n`), broken, Buffer.from(flights('a2'))]),
    )
    expect((await run()).report).toMatchObject({ fileIngest: { files: 1, accepted: 2, rejected: 3 } })
    expect(world.rejected.map(({ code }) => code)).toEqual([
      'schema_violation',
      'not_an_event',
      'not_an_event',
    ])
    expect(world.rejected[1]?.event).toBe('"not JSON"')
  })
})

describe('a file that cannot be read', () => {
  test.each([
    ['is of another kind', 'a.csv', 'id,time\n1,2\n', /none of the first 2 lines is a JSON object/],
    ['is no gzip', 'a.gz', flights('a1'), /no whole gzip file/],
    ['has a line without end', 'a.ndjson', 'x'.repeat(4_100_000), /longer than 4000000 bytes/],
  ])('moves away with the reason when it %s', async (_, name, content, reason) => {
    await world.put(name, content)
    await world.put('b.ndjson', flights('b1'))
    const { report } = await run()
    expect(report).toMatchObject({ fileIngest: { files: 1, failed: 1, accepted: 1 } })
    expect(await world.get(`inbox-failed/${world.day()}/${name}`)).toBe(content)
    expect(await world.get(`inbox-failed/${world.day()}/${name}.reason`)).toMatch(reason)
  })

  test('is sent as far as it goes when it is cut off', async () => {
    const content = gzipSync(flights(...ids('a', 3000)))
    await world.put('a.ndjson.gz', content.subarray(0, content.length - 20))
    const { report } = await run()
    expect(report).toMatchObject({ fileIngest: { files: 0, failed: 1 } })
    expect(world.ids().length).toBeGreaterThanOrEqual(1000)
    const reason = await world.get(`inbox-failed/${world.day()}/a.ndjson.gz.reason`)
    expect(reason).toMatch(/Lines before byte \d{3,} were sent/)
  })
})

describe('a file in trouble', () => {
  const denied = new TributaryError('storage_failed', 'permission denied')
  /** The inbox, where a file cannot be read or moved. */
  const failing = (name: string, what: { readonly read?: number; readonly move?: boolean }) => {
    let reads = what.read ?? 0
    const inbox: FileIngestPorts['inbox'] = {
      ...world.inbox,
      async *read(file, from) {
        if (file.name === name && reads-- > 0) throw denied
        yield* world.inbox.read(file, from)
      },
      move: (file, to) =>
        file.name === name && what.move === true ? Promise.reject(denied) : world.inbox.move(file, to),
    }
    return { ...world, inbox }
  }

  test('keeps none of the others waiting, and is looked at again after half a minute', async () => {
    await world.put('a.ndjson', flights('a1'))
    await world.put('b.ndjson', flights('b1'))
    const ports = failing('a.ndjson', { read: 1 })
    const first = await createFileIngest(ports)(NO_PROGRESS)
    expect(first).toMatchObject({ status: 'wait', seconds: 30, progress: { totals: { files: 1 } } })
    expect(first.report).toMatchObject({
      fileIngest: { left: 1, leftFiles: [{ file: 'a.ndjson', reason: 'permission denied' }] },
    })
    expect((await run(ports, first.progress)).report).toMatchObject({ fileIngest: { files: 2, left: 0 } })
    expect(world.ids().sort()).toEqual(['a1', 'b1'])
  })

  test('is put aside with its reason at the third look, and named in the report', async () => {
    await world.put('a.ndjson', flights('a1'))
    const { report, progress } = await run(failing('a.ndjson', { read: 9 }))
    expect(progress.turn).toBe(3)
    expect(report).toMatchObject({
      fileIngest: { files: 0, failed: 1, left: 0, failedFiles: [{ file: 'a.ndjson' }] },
    })
    expect(await world.get(`inbox-failed/${world.day()}/a.ndjson.reason`)).toMatch(/permission denied/)
  })

  test('that can neither be read nor moved is left and named, and the run succeeds', async () => {
    await world.put('a.ndjson', flights('a1'))
    await world.put('b.ndjson', flights('b1'))
    const { status, report } = await run(failing('a.ndjson', { read: 99, move: true }))
    expect(status).toBe('done')
    expect(report).toMatchObject({ fileIngest: { files: 1, failed: 0, left: 1, more: false } })
    expect(await world.get('inbox/a.ndjson')).toBe(flights('a1'))
  })

  test('that was sent and cannot be moved is not sent again, by this run or a later one', async () => {
    await world.put('a.ndjson', flights('a1'))
    await world.put('b.ndjson', flights('b1'))
    const ports = failing('a.ndjson', { move: true })
    const { report } = await run(ports)
    expect(report).toMatchObject({
      fileIngest: { leftFiles: [{ reason: expect.stringMatching(/denied .*all of it was taken in/) }] },
    })
    world.clock += 48 * 3_600_000
    await run(ports)
    expect(world.ids()).toEqual(['a1', 'b1'])
    await run()
    expect(world.ids()).toEqual(['a1', 'b1'])
    expect(await world.get(`inbox-done/${world.day()}/a.ndjson`)).toBe(flights('a1'))
  })

  test('that cannot be read on in its middle goes on there in a later run, when it can', async () => {
    await world.put('a.ndjson', flights(...ids('a', 1500)))
    let isLocked = true
    const inbox: FileIngestPorts['inbox'] = {
      ...world.inbox,
      async *read(file, from) {
        if (from > 0 && isLocked) throw denied
        yield* world.inbox.read(file, from)
        if (isLocked) throw denied
      },
      move: (file, to) => (isLocked ? Promise.reject(denied) : world.inbox.move(file, to)),
    }
    const first = await run({ ...world, inbox })
    expect(first.report).toMatchObject({ fileIngest: { left: 1 } })
    isLocked = false
    expect((await run({ ...world, inbox })).report).toMatchObject({ fileIngest: { files: 1 } })
    expect(world.ids()).toEqual(ids('a', 1500))
  })

  test('at which the storage fails for now, again and again, is left, and the others go on', async () => {
    await world.put('a.ndjson', flights('a1'))
    await world.put('b.ndjson', flights('b1'))
    const slow = new TributaryError('timeout', 'S3 did not answer in time')
    const inbox: FileIngestPorts['inbox'] = {
      ...world.inbox,
      async *read(file, from) {
        if (file.name === 'a.ndjson') throw slow
        yield* world.inbox.read(file, from)
      },
    }
    const step = createFileIngest({ ...world, inbox })
    for (let attempt = 0; attempt < 3; attempt++) await expect(step(NO_PROGRESS)).rejects.toBe(slow)
    const { status, report } = await run({ ...world, inbox })
    expect([status, world.ids()]).toEqual(['done', ['b1']])
    expect(report).toMatchObject({ fileIngest: { files: 1, failed: 0, left: 1 } })
    world.clock += 24 * 3_600_000
    expect((await run()).report).toMatchObject({ fileIngest: { files: 1, left: 0 } })
  })

  test('from the future is taken in when it has stayed as it is for a minute', async () => {
    await world.put('a.ndjson', flights('a1'))
    const day = 86_400_000
    const early = { ...world, now: () => world.clock - day }
    const first = await createFileIngest(early)(NO_PROGRESS)
    expect(first.report).toMatchObject({
      fileIngest: { left: 1, leftFiles: [{ reason: expect.stringContaining('from the future') }] },
    })
    expect((await run(early, first.progress)).report).toMatchObject({ fileIngest: { files: 1, left: 0 } })
  })

  test('with thirty others is no matter of files: the run fails, after the good ones', async () => {
    for (let i = 0; i <= 30; i++) await world.put(`a-${i}.ndjson`, flights(`a${i}`))
    await world.put('b.ndjson', flights('b1'))
    const inbox: FileIngestPorts['inbox'] = {
      ...world.inbox,
      async *read(file, from) {
        if (file.name !== 'b.ndjson') throw denied
        yield* world.inbox.read(file, from)
      },
    }
    await expect(run({ ...world, inbox })).rejects.toMatchObject({ code: 'storage_failed' })
    expect(world.ids()).toEqual(['b1'])
  })

  test('with hundreds of others, over several turns, still fits the state of the run', async () => {
    const name = (i: number) => `${String(i).padStart(4, '0')}${'x'.repeat(200)}`
    for (let i = 0; i < 400; i++) await world.put(name(i), 'x')
    const inbox: FileIngestPorts['inbox'] = {
      ...world.inbox,
      // biome-ignore lint/correctness/useYield: it never gets so far
      async *read() {
        throw denied
      },
    }
    const step = createFileIngest({ ...world, inbox, now: () => (world.clock += 1_000) })
    let { status, progress } = await step(NO_PROGRESS)
    expect(status).toBe('more')
    while (status === 'more') {
      expect(JSON.stringify(progress).length).toBeLessThan(50_000)
      const next = await step(progress).catch(error => ({ status: error.code, progress }))
      ;({ status, progress } = next)
    }
    expect(status).toBe('storage_failed')
  })
})

describe('a run', () => {
  test('goes on in the middle of a file when its time was over', async () => {
    await world.put('a.ndjson', flights(...ids('a', 2500)))
    const slow = { ...world, now: () => (world.clock += 100_000) }
    const step = createFileIngest(slow)
    const first = await step(NO_PROGRESS)
    expect(first).toMatchObject({ status: 'more', progress: { turn: 1 } })
    expect((await noted('a.ndjson'))?.offset).toBeGreaterThan(0)
    const { progress } = await run(slow, first.progress)
    expect(progress.totals).toMatchObject({ files: 1, accepted: 2500 })
    expect(world.ids()).toHaveLength(2500)
  })

  test('begins a file anew that was replaced meanwhile', async () => {
    await world.put('a.ndjson', flights('new'))
    const other = { name: 'a.ndjson', version: 'of another', bytes: 0, writtenAt: 0 }
    await world.inbox.note(other, { offset: 50, tries: 0, triedAt: 0, isSent: false })
    expect((await run()).progress.totals).toMatchObject({ files: 1, accepted: 1 })
    expect(world.ids()).toEqual(['new'])
  })

  test('leaves a file that changes while it is sent to a later run', async () => {
    await world.put('a.ndjson', flights('a1'))
    const changing: FileIngestPorts = {
      ...world,
      ingest: async events => {
        await world.put('a.ndjson', flights('a1', 'a2'))
        return world.ingest(events)
      },
    }
    expect((await run(changing)).report).toMatchObject({ fileIngest: { files: 0, failed: 0 } })
    expect((await run()).report).toMatchObject({ fileIngest: { files: 1, accepted: 2 } })
  })

  test('that ended between the last line and the move only moves the file', async () => {
    await world.put('a.ndjson', flights('a1', 'a2'))
    const failure = new TributaryError('unavailable', 'the disk is full')
    const broken = { ...world, inbox: { ...world.inbox, move: () => Promise.reject(failure) } }
    await expect(run(broken)).rejects.toBe(failure)
    expect(await world.inbox.list(10)).toHaveLength(1)
    expect((await run()).report).toMatchObject({ fileIngest: { files: 1, accepted: 0 } })
    expect(world.ids()).toEqual(['a1', 'a2'])
  })

  test('fails with what ingest fails with, and leaves the file', async () => {
    await world.put('a.ndjson', flights('a1'))
    const failure = new TributaryError('unavailable', 'rejected events cannot be kept')
    await expect(run({ ...world, ingest: () => Promise.reject(failure) })).rejects.toBe(failure)
    expect(await world.inbox.list(10)).toHaveLength(1)
  })
})

describe('events that the stream refuses', () => {
  test('are sent again after the pause it asks for, and they alone', async () => {
    await world.put('a.ndjson', flights('a1'))
    world.refusals.push(REFUSED, REFUSED)
    expect((await run()).report).toMatchObject({ fileIngest: { files: 1, accepted: 1 } })
    expect(world.pauses).toEqual([2000, 2000])
    expect(world.ids()).toEqual(['a1'])
  })

  test('make the run wait, and then go on', async () => {
    await world.put('a.ndjson', flights('a1'))
    world.refusals.push(...Array.from({ length: 5 }, () => REFUSED))
    const result = await createFileIngest(world)(NO_PROGRESS)
    expect(result).toMatchObject({ status: 'wait', seconds: 30, progress: { refusals: 1 } })
    expect((await run(world, result.progress)).progress).toMatchObject({
      refusals: 0,
      totals: { accepted: 1 },
    })
  })

  test('are alone what a run of the next day sends of their file', async () => {
    await world.put('a.ndjson', flights(...ids('a', 400)))
    world.refusals.push({ kind: 'stored' }, ...Array.from({ length: 200 }, () => REFUSED))
    const first = await createFileIngest(world)({ ...NO_PROGRESS, refusals: 119 })
    expect(first.status).toBe('late')
    const stored = world.ids().length
    expect(stored).toBeGreaterThan(0)
    expect(stored).toBeLessThan(400)
    world.refusals.length = 0
    world.clock += 24 * 3_600_000
    expect((await run()).report).toMatchObject({ fileIngest: { files: 1, accepted: 400 - stored } })
    expect(world.ids()).toHaveLength(400)
    expect(new Set(world.ids()).size).toBe(400)
  })

  test('end the run when they are refused for an hour, and stay in the inbox', async () => {
    await world.put('a.ndjson', flights('a1'))
    world.refusals.push(...Array.from({ length: 5 }, () => REFUSED))
    const result = await createFileIngest(world)({ ...NO_PROGRESS, refusals: 119 })
    expect(result.status).toBe('late')
    expect(await world.inbox.list(10)).toHaveLength(1)
  })
})
