import { expect, test } from 'vitest'
import { inTurn } from '../../../steps/explain/in-turn.ts'

test('few calls work at once, others wait in line, and the next one is refused with a time', async () => {
  const begun: number[] = []
  const ends: (() => void)[] = []
  const call = inTurn({ atOnce: 1, waiting: 2 }, async (n: number) => {
    begun.push(n)
    await new Promise<void>(resolve => ends.push(resolve))
    if (n === 2) throw new Error('it went wrong')
    return n
  })
  const answers = [1, 2, 3].map(n => call(n).catch((error: Error) => error.message))
  await expect(call(4)).rejects.toMatchObject({ code: 'too_many', retryAfter: 2 })
  expect(begun).toEqual([1])
  for (const n of [1, 2, 3]) {
    while (begun.length < n) await null
    ends.shift()!()
    await answers[n - 1]
  }
  expect(await Promise.all(answers)).toEqual([1, 'it went wrong', 3])
  const again = call(5)
  ends.shift()!()
  expect(await again).toBe(5)
})
