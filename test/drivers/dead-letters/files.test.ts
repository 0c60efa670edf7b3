import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FailedRecord, Failure } from '../../../core/ports/dead-letters.ts'
import { openDeadLetters } from '../../../drivers/dead-letters/files.ts'
import { machineFiles } from '../../../drivers/files/durable.ts'

const DAY = 86_400_000
const failure: Failure = { consumer: 'speed', reason: 'retries_exhausted', detail: 'boom', deliveries: 11 }
const record = (n: number, data = `{"n":${n}}\n`): FailedRecord => ({
  sequence: String(n).padStart(56, '0'),
  partition: n % 10,
  arrival: n,
  data,
})

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tributary-dead-'))
})
afterEach(() => rm(dir, { recursive: true }))

const dataOf = (letters: readonly { readonly data: string }[]) => letters.map(letter => letter.data)

describe('dead letters in files', () => {
  it('keeps records whole, with the reason, and lists the newest first', async () => {
    let now = Date.UTC(2026, 0, 1)
    const letters = await openDeadLetters({ dir, now: () => now })
    await letters.put([record(1), record(2)], failure)
    now += DAY
    await letters.put([record(3, '{"text":"é ☃ \\n"}\n')], { ...failure, reason: 'record_too_old' })
    expect(await letters.list(10)).toEqual([
      { ...record(3, '{"text":"é ☃ \\n"}\n'), ...failure, reason: 'record_too_old', failedAt: now },
      { ...record(2), ...failure, failedAt: now - DAY },
      { ...record(1), ...failure, failedAt: now - DAY },
    ])
    expect((await readdir(dir)).sort()).toEqual(['2026-01-01.ndjson', '2026-01-02.ndjson'])
    expect(dataOf(await letters.list(2))).toEqual([record(3, '{"text":"é ☃ \\n"}\n').data, record(2).data])
  })

  it('lists letters that are longer than a read', async () => {
    const letters = await openDeadLetters({ dir })
    const long = [1, 2, 3].map(n => record(n, `${'ü'.repeat(70_000 + n)}\n`))
    for (const each of long) await letters.put([each], failure)
    expect(dataOf(await letters.list(10))).toEqual(dataOf(long.toReversed()))
  })

  it('names a letter that is not what was kept', async () => {
    const now = () => Date.UTC(2026, 0, 1)
    const letters = await openDeadLetters({ dir, now })
    await letters.put([record(1)], failure)
    const path = join(dir, '2026-01-01.ndjson')
    await writeFile(path, (await readFile(path, 'utf8')).replace('boom', 'doom'))
    await expect(letters.list(1)).rejects.toMatchObject({
      code: 'corrupt_data',
      message: expect.stringContaining('tributary doctor'),
    })
  })

  it('survives a line that a crash left half written', async () => {
    const now = () => Date.UTC(2026, 0, 1)
    const before = await openDeadLetters({ dir, now })
    await before.put([record(1)], failure)
    await appendFile(join(dir, '2026-01-01.ndjson'), '{"sequence":"000')
    const after = await openDeadLetters({ dir, now })
    expect(dataOf(await after.list(10))).toEqual([record(1).data])
    await after.put([record(2)], failure)
    expect(dataOf(await after.list(10))).toEqual([record(2).data, record(1).data])
    expect((await readFile(join(dir, '2026-01-01.ndjson'), 'utf8')).match(/\n/g)).toHaveLength(2)
  })

  it('refuses rather than drops when it is full, and goes on when there is room again', async () => {
    const letters = await openDeadLetters({ dir, maxBytes: 1_000 })
    await letters.put([record(1)], failure)
    await expect(letters.put([record(2, 'x'.repeat(1_000))], failure)).rejects.toMatchObject({
      code: 'overloaded',
      retryable: true,
    })
    expect(dataOf(await letters.list(10))).toEqual([record(1).data])
    for (const name of await readdir(dir)) await rm(join(dir, name))
    await letters.put([record(2)], failure)
    expect(dataOf(await letters.list(10))).toEqual([record(2).data])
  })

  it('rejects when the disk does, and keeps the next ones', async () => {
    let broken = true
    const letters = await openDeadLetters({
      dir,
      files: {
        ...machineFiles,
        async open(path) {
          const file = await machineFiles.open(path)
          const sync = () => (broken ? Promise.reject(new Error('EIO')) : file.sync())
          return { ...file, sync }
        },
      },
    })
    const failed = letters.put([record(1)], failure)
    await expect(failed).rejects.toMatchObject({ code: 'storage_failed' })
    broken = false
    await letters.put([record(1)], failure)
    expect(dataOf(await letters.list(1))).toEqual([record(1).data])
  })

  it('keeps the order of puts that overlap', async () => {
    const letters = await openDeadLetters({ dir })
    await Promise.all([1, 2, 3, 4].map(n => letters.put([record(n)], failure)))
    expect(dataOf(await letters.list(10))).toEqual([4, 3, 2, 1].map(n => record(n).data))
  })

  it.each([0, 1.5, 1_001])('does not list %d letters', async limit => {
    const letters = await openDeadLetters({ dir })
    await expect(letters.list(limit)).rejects.toMatchObject({ code: 'bad_request' })
  })
})
