import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLog } from '../../../drivers/stream/log/log.ts'
import { openLogReader } from '../../../drivers/stream/log/reader.ts'
import { committedEnd, logStart } from '../../../drivers/stream/log/shared.ts'
import { createHeldReader, type Hold } from '../../../local/stream/held-reader.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tributary-held-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const record = (data: string) => ({
  partition: 1,
  type: 'com.example.a',
  epoch: 0,
  count: 1,
  data: `${data}\n`,
})

describe('a held reader', () => {
  it('sees the log end where it is held, and goes on from there once it is let go', async () => {
    const log = await openLog({ dir, epochLength: 1e13 })
    const hold: Hold = { end: Infinity }
    const reader = createHeldReader(openLogReader(dir, log.shared), hold)
    const texts = (from: number) => reader.read(from, 1e6).map(entry => String(entry.data).trim())
    await log.stream.put([record('a'), record('b')])
    const start = logStart(log.shared)
    hold.end = committedEnd(log.shared)
    await log.stream.put([record('c')])
    expect(texts(start)).toEqual(['a', 'b'])
    expect(texts(hold.end)).toEqual([])
    expect(await reader.wait(hold.end, 5)).toBe(false)
    const held = hold.end
    hold.end = Infinity
    expect(await reader.wait(held, 1000)).toBe(true)
    expect(texts(held)).toEqual(['c'])
    reader.close()
    await log.close()
  })
})
