import { afterEach, describe, expect, test } from 'vitest'
import { padSequence } from '../../core/data/position.ts'
import type { Claim, Markers } from '../../core/ports/markers.ts'

/** An engine under test and what ends it. */
export type MarkersUnderTest = { readonly markers: Markers; readonly dispose: () => Promise<void> }

/** Makes an empty engine. `epochLength` is in ms. */
export type MarkersFactory = (settings: { horizon: number; epochLength: number }) => Promise<MarkersUnderTest>

const HOUR = 3_600_000
const HORIZON = 3
const START = Date.UTC(2026, 0, 1)

/**
 * A claim of `key` by event `index` of record `record`, `epoch` epochs after the start, under a receipt of
 * its own.
 */
export function claim(key: string, record: number, index = 0, epoch = 0): Claim {
  const receipt = `${record}-${index}`
  return { key, epoch: START + epoch * HOUR, sequence: padSequence(String(record)), index, receipt }
}

/** The same event of the same receipt in another record: the producer put it again. */
function putAgain(made: Claim, record: number): Claim {
  return { ...made, sequence: padSequence(String(record)) }
}

/** What every engine of the `Markers` port does. */
export function describeMarkers(engine: string, factory: MarkersFactory): void {
  describe(`${engine} as Markers`, () => {
    const disposals: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const dispose of disposals.splice(0)) await dispose()
    })
    const open = async (): Promise<Markers> => {
      const { markers, dispose } = await factory({ horizon: HORIZON, epochLength: HOUR })
      disposals.push(dispose)
      return markers
    }

    test('an id nobody claimed is first', async () => {
      const markers = await open()
      expect(await markers.claim([claim('a', 1), claim('b', 1, 1)])).toEqual(['first', 'first'])
    })

    test('a call without claims has no verdicts', async () => {
      expect(await (await open()).claim([])).toEqual([])
    })

    test('the same position again is a redelivery, however often', async () => {
      const markers = await open()
      await markers.claim([claim('a', 1, 4)])
      expect(await markers.claim([claim('a', 1, 4)])).toEqual(['redelivery'])
      expect(await markers.claim([claim('a', 1, 4)])).toEqual(['redelivery'])
    })

    test.each([
      ['record', claim('a', 2, 4)],
      ['index', claim('a', 1, 5)],
    ])('the same id at another %s is a duplicate', async (_part, other) => {
      const markers = await open()
      await markers.claim([claim('a', 1, 4)])
      expect(await markers.claim([other])).toEqual(['duplicate'])
    })

    test('a duplicate does not take the id over', async () => {
      const markers = await open()
      await markers.claim([claim('a', 1), claim('a', 2)])
      expect(await markers.claim([claim('a', 1), claim('a', 2)])).toEqual(['redelivery', 'duplicate'])
    })

    test('of equal keys in one call the earlier wins', async () => {
      const markers = await open()
      const verdicts = await markers.claim([claim('a', 1), claim('a', 1, 1), claim('b', 1, 2), claim('a', 1)])
      expect(verdicts).toEqual(['first', 'duplicate', 'first', 'redelivery'])
    })

    test('a claim holds through the last epoch of the horizon', async () => {
      const markers = await open()
      await markers.claim([claim('a', 1)])
      expect(await markers.claim([claim('a', 9, 0, HORIZON)])).toEqual(['duplicate'])
    })

    test('after the horizon the id is first again, and claimed anew', async () => {
      const markers = await open()
      await markers.claim([claim('a', 1)])
      expect(await markers.claim([claim('a', 9, 0, HORIZON + 1)])).toEqual(['first'])
      expect(await markers.claim([claim('a', 9, 0, HORIZON + 1)])).toEqual(['redelivery'])
      expect(await markers.claim([claim('a', 10, 0, 2 * HORIZON + 1)])).toEqual(['duplicate'])
    })

    test('a claim that held no longer when its id was claimed anew is still known as a redelivery', async () => {
      const markers = await open()
      const [early, late] = [claim('a', 1), claim('a', 2, 0, HORIZON + 1)]
      expect(await markers.claim([early, late])).toEqual(['first', 'first'])
      expect(await markers.claim([early, late])).toEqual(['redelivery', 'redelivery'])
      expect(await markers.claim([claim('a', 3), claim('a', 4, 0, HORIZON + 1)])).toEqual([
        'duplicate',
        'duplicate',
      ])
    })

    test('a claim that arrives an epoch late still meets the one made before it', async () => {
      const markers = await open()
      await markers.claim([claim('a', 1, 0, 5)])
      expect(await markers.claim([claim('a', 2, 0, 4)])).toEqual(['duplicate'])
    })

    test('a receipt that stands at a second position is a repeat, which claims nothing', async ({ skip }) => {
      const markers = await open()
      skip(!markers.tellsRepeats, `${engine} does not tell repeats`)
      const made = claim('a', 1)
      await markers.claim([made])
      expect(await markers.claim([putAgain(made, 2), putAgain(made, 3)])).toEqual(['repeat', 'repeat'])
      expect(await markers.claim([putAgain(made, 2), made])).toEqual(['repeat', 'redelivery'])
      expect(await markers.claim([claim('a', 4)])).toEqual(['duplicate'])
    })

    test('a duplicate that stands at a second position is a repeat there, and a duplicate where it came first', async ({
      skip,
    }) => {
      const markers = await open()
      skip(!markers.tellsRepeats, `${engine} does not tell repeats`)
      const twice = claim('a', 2)
      await markers.claim([claim('a', 1), twice])
      expect(await markers.claim([putAgain(twice, 3)])).toEqual(['repeat'])
      expect(await markers.claim([twice, putAgain(twice, 3)])).toEqual(['duplicate', 'repeat'])
    })

    test('repeats are told within one call too', async ({ skip }) => {
      const markers = await open()
      skip(!markers.tellsRepeats, `${engine} does not tell repeats`)
      const [one, two] = [claim('a', 1), claim('a', 2)]
      const claims = [one, putAgain(one, 3), two, putAgain(two, 4), one, two]
      const verdicts = ['first', 'repeat', 'duplicate', 'repeat', 'redelivery', 'duplicate']
      expect(await markers.claim(claims)).toEqual(verdicts)
    })

    test('keys that differ only by one character, case or script are different', async () => {
      const markers = await open()
      const keys = [
        '',
        'a',
        'A',
        'aa',
        'ä',
        'ā',
        '\u0000',
        '\u0000\u0000',
        'a\u0000',
        '事件',
        '事',
        '\ud83d\ude80',
      ]
      const verdicts = await markers.claim(keys.map((key, index) => claim(key, 1, index)))
      expect(verdicts).toEqual(keys.map(() => 'first'))
    })

    test('many ids are told apart and remembered', async () => {
      const markers = await open()
      const claims = Array.from({ length: 2_000 }, (_, i) =>
        claim(`urn:shop\u001f${i}`, 1 + (i >> 5), i & 31),
      )
      expect(new Set(await markers.claim(claims))).toEqual(new Set(['first']))
      expect(new Set(await markers.claim(claims))).toEqual(new Set(['redelivery']))
      const again = claims.map((each, i) => ({ ...putAgain(each, 999), receipt: `later-${i}` }))
      expect(new Set(await markers.claim(again))).toEqual(new Set(['duplicate']))
    })

    test('of calls at the same time exactly one is first', async () => {
      const markers = await open()
      const calls = Array.from({ length: 8 }, (_, i) =>
        markers.claim([claim('a', i + 1), claim(`own-${i}`, i + 1, 1)]),
      )
      const verdicts = await Promise.all(calls)
      expect(verdicts.map(([shared]) => shared).filter(verdict => verdict === 'first')).toHaveLength(1)
      expect(verdicts.map(([shared]) => shared).filter(verdict => verdict === 'duplicate')).toHaveLength(7)
      expect(verdicts.every(([, own]) => own === 'first')).toBe(true)
    })
  })
}
