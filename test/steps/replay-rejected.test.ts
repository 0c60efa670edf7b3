import { afterEach, beforeEach, expect, test } from 'vitest'
import { rejection } from '../contracts/rejected.ts'
import { flight, type Platform, startPlatform } from '../local/test-platform.ts'

let platform: Platform
beforeEach(async () => {
  platform = await startPlatform()
})
afterEach(() => platform.close())

const replay = async () => (await platform.call('POST', '/v1/rejected/replay', 'a')).json()
const fixed = rejection(1, { event: JSON.stringify(flight('fixed')) })

test('an event whose contract takes it now is accepted, once, and a wrong one stays rejected without a copy', async () => {
  await platform.rejected.put([fixed, rejection(2)])
  expect(await replay()).toEqual({ replayed: 1, stillRejected: 1, refused: 0, next: null })
  expect(await replay()).toEqual({ replayed: 0, stillRejected: 1, refused: 0, next: null })
  expect(platform.events().map(event => event.id)).toEqual(['fixed'])
  const { events } = await platform.rejected.list({ limit: 10 })
  expect(events.map(event => event.replayed)).toEqual([true, false])
})

test('an event that the stream refuses for now is left for the next replay', async () => {
  await platform.rejected.put([fixed])
  platform.refusals.push([{ kind: 'refused', reason: 'full', retryAfterSeconds: 1 }])
  expect(await replay()).toEqual({ replayed: 0, stillRejected: 0, refused: 1, next: null })
  expect(await replay()).toEqual({ replayed: 1, stillRejected: 0, refused: 0, next: null })
})

test('more than a page is replayed in one call', async () => {
  const many = Array.from({ length: 1100 }, (_, i) =>
    rejection(i, { event: JSON.stringify(flight(`m-${i}`)) }),
  )
  await platform.rejected.put(many)
  expect(await replay()).toEqual({ replayed: 1100, stillRejected: 0, refused: 0, next: null })
})
