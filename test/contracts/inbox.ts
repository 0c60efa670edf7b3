import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { inboxNote } from '../../core/lake/inbox-paths.ts'
import type { Inbox, InboxFile } from '../../core/ports/inbox.ts'

/** An inbox, and how files come into it and leave it. */
export type InboxBench = {
  readonly inbox: Inbox
  /** Puts a file into the lake, as in `inbox/a.ndjson`. */
  put(path: string, content: string | Uint8Array): Promise<void>
  /** Text of a file of the lake; undefined where there is none. */
  get(path: string): Promise<string | undefined>
}

const DAY = '2026-11-21'

/** What every engine of the port does. `open` gives an empty inbox. */
export function inboxContract(name: string, open: () => Promise<InboxBench>): void {
  const text = async ({ inbox }: InboxBench, file: InboxFile, from = 0) => {
    const pieces: Uint8Array[] = []
    for await (const piece of inbox.read(file, from)) pieces.push(piece)
    return Buffer.concat(pieces).toString()
  }
  const first = async ({ inbox }: InboxBench) => (await inbox.list(10))[0]!

  describe(`${name} keeps the contract of the inbox:`, () => {
    test('files are listed by name, also those in folders, and hidden ones are not', async () => {
      const bench = await open()
      for (const path of ['b.ndjson', 'a/x.ndjson', '.hidden', 'a/.part/y', 'c.ndjson'])
        await bench.put(`inbox/${path}`, 'one\n')
      await bench.put('raw/other.ndjson', 'one\n')
      const files = await bench.inbox.list(10)
      expect(files.map(file => file.name)).toEqual(['a/x.ndjson', 'b.ndjson', 'c.ndjson'])
      expect(files[0]).toMatchObject({ bytes: 4 })
      expect(Math.abs(Date.now() - files[0]!.writtenAt)).toBeLessThan(60_000)
      expect((await bench.inbox.list(2)).length).toBeLessThanOrEqual(2)
    })

    test('an empty inbox has no files', async () => {
      expect(await (await open()).inbox.list(10)).toEqual([])
    })

    test('a file is read from a byte on', async () => {
      const bench = await open()
      await bench.put('inbox/a.ndjson', '0123456789')
      expect(await text(bench, await first(bench))).toBe('0123456789')
      expect(await text(bench, await first(bench), 7)).toBe('789')
      expect(await text(bench, await first(bench), 10)).toBe('')
    })

    test('a compressed file of several members is read from a byte of its content on', async () => {
      const bench = await open()
      const whole = 'x'.repeat(100_000) + 'y'.repeat(200_000)
      await bench.put(
        'inbox/a.ndjson.gz',
        Buffer.concat([gzipSync(whole.slice(0, 100_000)), gzipSync(whole.slice(100_000))]),
      )
      expect(await text(bench, await first(bench))).toBe(whole)
      expect(await text(bench, await first(bench), 99_998)).toBe(whole.slice(99_998))
    })

    test.each([
      ['is none', Buffer.from('no gzip')],
      ['is cut off', gzipSync('some text').subarray(0, 20)],
    ])('a compressed file that %s is corrupt', async (_, content) => {
      const bench = await open()
      await bench.put('inbox/a.gz', content)
      await expect(text(bench, await first(bench))).rejects.toMatchObject({ code: 'corrupt_data' })
    })

    test('a reader may stop early', async () => {
      const bench = await open()
      await bench.put('inbox/a.gz', gzipSync('x'.repeat(1_000_000)))
      for await (const piece of bench.inbox.read(await first(bench), 0)) {
        expect(piece.length).toBeGreaterThan(0)
        break
      }
      expect((await text(bench, await first(bench))).length).toBe(1_000_000)
    })

    test('a file that was taken in moves to the day', async () => {
      const bench = await open()
      await bench.put('inbox/shop/a.ndjson', 'one\n')
      const file = await first(bench)
      expect(await bench.inbox.move(file, { place: 'done', day: DAY })).toBe(true)
      expect(await bench.inbox.list(10)).toEqual([])
      expect(await bench.get(`inbox-done/${DAY}/shop/a.ndjson`)).toBe('one\n')
      expect(await bench.inbox.move(file, { place: 'done', day: DAY })).toBe(false)
    })

    test('a file that cannot be read moves with the reason beside it', async () => {
      const bench = await open()
      await bench.put('inbox/a.bin', 'bytes')
      await bench.inbox.move(await first(bench), { place: 'failed', day: DAY, reason: 'why' })
      expect(await bench.get(`inbox-failed/${DAY}/a.bin`)).toBe('bytes')
      expect(await bench.get(`inbox-failed/${DAY}/a.bin.reason`)).toBe('why')
    })

    test.each(['done', 'failed'] as const)('no file replaces another that moved to %s', async place => {
      const bench = await open()
      const reason = place === 'failed' ? { reason: 'why' } : {}
      for (const text of ['first', 'second', 'third']) {
        await bench.put('inbox/shop/export.csv.gz', text)
        expect(await bench.inbox.move(await first(bench), { place, day: DAY, ...reason })).toBe(true)
      }
      const kept = ['export.csv.gz', 'export~2.csv.gz', 'export~3.csv.gz']
      const texts = kept.map(file => bench.get(`inbox-${place}/${DAY}/shop/${file}`))
      expect(await Promise.all(texts)).toEqual(['first', 'second', 'third'])
    })

    test('a file does not replace the reason of another', async () => {
      const bench = await open()
      for (const path of ['a', 'a.reason']) {
        await bench.put(`inbox/${path}`, `content of ${path}`)
        await bench.inbox.move(await first(bench), { place: 'failed', day: DAY, reason: `reason of ${path}` })
      }
      expect(await bench.get(`inbox-failed/${DAY}/a.reason`)).toBe('reason of a')
      expect(await bench.get(`inbox-failed/${DAY}/a~2.reason`)).toBe('content of a.reason')
    })

    test('a long name is cut, and stays another than one that begins as it does', async () => {
      const bench = await open()
      const names = [`${'a'.repeat(245)}1.ndjson`, `${'a'.repeat(245)}2.ndjson`]
      for (const file of names) await bench.put(`inbox/${file}`, 'one\n')
      for (const file of await bench.inbox.list(10))
        expect(await bench.inbox.move(file, { place: 'failed', day: DAY, reason: 'why' })).toBe(true)
      expect(await bench.inbox.list(10)).toEqual([])
    })

    test('files are listed on from one of them', async () => {
      const bench = await open()
      for (const path of ['a', 'b', 'c', '.hidden-1', '.hidden-2']) await bench.put(`inbox/${path}`, 'one\n')
      expect((await bench.inbox.list(2)).map(file => file.name)).toEqual(['a', 'b'])
      expect((await bench.inbox.list(2, 'b')).map(file => file.name)).toEqual(['c'])
    })

    test('a compressed file is read on behind padding, and is corrupt where something else is there', async () => {
      const bench = await open()
      const padded = Buffer.concat([gzipSync('one'), Buffer.alloc(512), gzipSync('two')])
      await bench.put('inbox/a.gz', padded)
      expect(await text(bench, await first(bench))).toBe('onetwo')
      await bench.put('inbox/a.gz', Buffer.concat([padded, Buffer.from('three')]))
      await expect(text(bench, await first(bench))).rejects.toMatchObject({ code: 'corrupt_data' })
    })

    test('a file that changed is not moved, and not read as the one it was', async () => {
      const bench = await open()
      await bench.put('inbox/a.ndjson', 'one\n')
      const file = await first(bench)
      await bench.put('inbox/a.ndjson', 'one\ntwo\n')
      expect(await bench.inbox.move(file, { place: 'done', day: DAY })).toBe(false)
      await expect(text(bench, file)).rejects.toMatchObject({ code: 'conflict' })
      expect(await text(bench, await first(bench))).toBe('one\ntwo\n')
    })

    test('a file that is gone is in conflict', async () => {
      const bench = await open()
      await bench.put('inbox/a.ndjson', 'one\n')
      const file = await first(bench)
      await bench.inbox.move(file, { place: 'done', day: DAY })
      await expect(text(bench, file)).rejects.toMatchObject({ code: 'conflict' })
    })

    test('what is noted of a file lasts until it has moved, and is about that version of it', async () => {
      const bench = await open()
      const note = { offset: 7, open: [1, 3], tries: 2, triedAt: 5, isSent: false }
      await bench.put('inbox/shop/a.ndjson', 'one\n')
      const file = await first(bench)
      expect(await bench.inbox.noted(file)).toBeUndefined()
      await bench.inbox.note(file, { ...note, offset: 1 })
      await bench.inbox.note(file, note)
      expect(await bench.inbox.noted(file)).toEqual(note)
      expect(await bench.inbox.noted({ ...file, version: 'another' })).toBeUndefined()
      expect(await bench.inbox.noted({ ...file, name: 'shop/b.ndjson' })).toBeUndefined()
      await bench.inbox.move(file, { place: 'done', day: DAY })
      expect(await bench.inbox.noted(file)).toBeUndefined()
    })

    test('a note that cannot be read is no absent one: the file would be sent again', async () => {
      const bench = await open()
      await bench.put('inbox/a.ndjson', 'one\n')
      await bench.put(inboxNote('a.ndjson'), '{"name":')
      await expect(bench.inbox.noted(await first(bench))).rejects.toMatchObject({ code: 'storage_failed' })
    })
  })
}
