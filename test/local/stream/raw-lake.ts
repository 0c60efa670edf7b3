import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathInstant } from '../../../core/data/time.ts'
import type { StreamRecord } from '../../../core/ports/stream/stream.ts'
import type { Log } from '../../../drivers/stream/log/log.ts'
import { openLogReader } from '../../../drivers/stream/log/reader.ts'
import { committedEnd, logStart } from '../../../drivers/stream/log/shared.ts'

export const EPOCH = 3_600_000
const TYPES = ['page.view', 'order_placed', 'flight', 'trip-ended', 'customer']

/** Records of several types and epochs, some large; `n` numbers the put. */
export function someRecords(n: number, count = 20): StreamRecord[] {
  const current = Math.floor(Date.now() / EPOCH) * EPOCH
  return Array.from({ length: count }, (_, index) => ({
    partition: index,
    type: TYPES[(n + index * index) % TYPES.length]!,
    epoch: current + EPOCH * ((n >> 4) % 3),
    count: 1,
    data: `{"put":${n},"index":${index},"pad":"${'é'.repeat((n * 131 + index * 977) % 1_500)}"}\n`,
  }))
}

/** What the raw lake must hold by what the log holds: text by `type=…/epoch=…`. */
export function expectedLake(dir: string, log: Log): Map<string, string> {
  const reader = openLogReader(dir, log.shared)
  const expected = new Map<string, string[]>()
  const end = committedEnd(log.shared)
  for (let at = logStart(log.shared); at < end; ) {
    for (const { type, epoch, data, next } of reader.read(at, 1 << 20)) {
      const folder = `type=${type}/epoch=${pathInstant(epoch)}`
      const texts = expected.get(folder) ?? []
      expected.set(folder, texts)
      texts.push(data.toString())
      at = next
    }
  }
  reader.close()
  return new Map([...expected].map(([folder, texts]) => [folder, texts.join('')]))
}

/** What the raw lake holds. */
export async function actualLake(lake: string): Promise<Map<string, string>> {
  const actual = new Map<string, string>()
  for (const type of await readdir(join(lake, 'raw'))) {
    for (const epoch of await readdir(join(lake, 'raw', type))) {
      const folder = join(lake, 'raw', type, epoch)
      const names = (await readdir(folder)).sort()
      const texts = await Promise.all(names.map(name => readFile(join(folder, name), 'utf8')))
      actual.set(`${type}/${epoch}`, texts.join(''))
    }
  }
  return actual
}

/** Folders whose text differs; comparing megabytes of text with `toEqual` would take longer than the test. */
export function differences(actual: Map<string, string>, expected: Map<string, string>): string[] {
  const folders = new Set([...actual.keys(), ...expected.keys()])
  return [...folders].filter(folder => actual.get(folder) !== expected.get(folder))
}
