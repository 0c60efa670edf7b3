import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startFilling } from '../../../local/batch/filling.ts'

/** What is missing, look by look, and what was begun. */
function scene(looks: readonly (readonly string[] | Error)[], isUnderWay = async () => false) {
  const begun: (readonly string[])[] = []
  const reported: string[] = []
  let look = 0
  return {
    begun,
    reported,
    looks: () => look,
    start: () =>
      startFilling({
        uncounted: async () => {
          const found = looks[Math.min(look++, looks.length - 1)]!
          if (found instanceof Error) throw found
          return found
        },
        isUnderWay,
        replay: async only => begun.push(only),
        report: failure => void reported.push(failure.message),
        ...{ pauseMs: 10, longestPauseMs: 20 },
      }),
  }
}

test('where nothing is missing, nothing is begun and nobody looks again', async () => {
  const { start, begun, looks } = scene([[]])
  const filling = await start()
  await sleep(50)
  await filling.stop()
  expect([begun, looks()]).toEqual([[], 1])
})

test('what is missing is filled before anything else, and again where that did not succeed', async () => {
  const { start, begun } = scene([['rides'], ['rides'], []])
  const filling = await start()
  expect(begun).toEqual([['rides']])
  await expect.poll(() => begun).toEqual([['rides'], ['rides']])
  await filling.stop()
})

test('while a replay goes on none is begun', async () => {
  const { start, begun, looks } = scene([['rides']], async () => true)
  const filling = await start()
  await expect.poll(looks).toBeGreaterThan(2)
  await filling.stop()
  expect(begun).toEqual([])
})

test('a failure is reported, and looked at again', async () => {
  const { start, begun, reported } = scene([new Error('no answer'), ['rides'], []])
  const filling = await start()
  expect(reported).toEqual(['no answer'])
  await expect.poll(() => begun).toEqual([['rides']])
  await filling.stop()
})
