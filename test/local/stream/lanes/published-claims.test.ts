import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { padSequence } from '../../../../core/data/position.ts'
import type { LogEntry } from '../../../../drivers/stream/log/entry.ts'
import type { LogReader } from '../../../../drivers/stream/log/reader.ts'
import { publishedClaims } from '../../../../local/stream/lanes/published-claims.ts'

const claimOf = (place: number) => ({
  ...{ key: `k${place}`, epoch: 0, sequence: padSequence(String(place)), index: 0, receipt: `r${place}` },
})
const duplicate = (place: number) => [padSequence(String(place)), 0, 0] as const

/** Entries at 0, 10, 20 and so on. */
const reader: LogReader = {
  read: from =>
    [0, 10, 20, 30].filter(at => at >= from).map(at => ({ sequence: at, next: at + 10 }) as LogEntry),
  wait: async () => true,
  close: () => undefined,
}

test('a delivery that comes back after its retry is done is refused, whose duplicates are forgotten', async () => {
  const claims = publishedClaims()
  const late = claims.claim([claimOf(10), claimOf(30)])
  claims.take({ through: 20, duplicates: [duplicate(10)] })
  // Its time was over: the first half was delivered again, and the lane has come on.
  expect(await claims.claim([claimOf(10)])).toEqual(['duplicate'])
  claims.forget(20)
  claims.take({ through: 30, duplicates: [] })
  await expect(late).rejects.toMatchObject({ code: 'timeout' })
  expect(await claims.claim([claimOf(20), claimOf(30)])).toEqual(['first', 'first'])
  expect(await claims.claim([])).toEqual([])
})

test('a lane reads no further than claims are judged, and goes on as soon as more are', async () => {
  const claims = publishedClaims()
  const judged = claims.judgedOnly(reader)
  expect(judged.read(0, 1)).toEqual([])
  expect(await judged.wait(0, 5)).toBe(false)
  const more = judged.wait(0, 60_000)
  claims.take({ through: 10, duplicates: [] })
  expect(await Promise.race([more, sleep(1000, 'late')])).toBe(true)
  expect(judged.read(0, 1).map(({ sequence }) => sequence)).toEqual([0, 10])
  expect(judged.read(20, 1)).toEqual([])
})
