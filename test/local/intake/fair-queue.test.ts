import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFairQueue } from '../../../local/intake/fair-queue.ts'

const from = (key: string, address = '1') => ({ key, address })

/** All that is in line, in order. */
function rest(queue: ReturnType<typeof createFairQueue<string>>): string[] {
  const jobs: string[] = []
  for (let job = queue.next(); job !== undefined; job = queue.next()) jobs.push(job)
  return jobs
}

describe('whose turn it is', () => {
  test('goes from key to key, and within a key from address to address', () => {
    const queue = createFairQueue<string>(20)
    for (const job of ['a1', 'a2', 'a3', 'a4']) queue.add(from('a'), job)
    queue.add(from('a', '2'), 'a-other')
    for (const job of ['b1', 'b2']) queue.add(from('b'), job)
    expect(rest(queue)).toEqual(['a1', 'b1', 'a-other', 'b2', 'a2', 'a3', 'a4'])
  })

  test('is soon that of whoever comes late, whatever others have in line', () => {
    const queue = createFairQueue<string>(20)
    for (const job of ['a1', 'a2', 'a3']) queue.add(from('a'), job)
    expect(queue.next()).toBe('a1')
    queue.add(from('b'), 'b1')
    expect([queue.next(), queue.next()].sort()).toEqual(['a2', 'b1'])
  })
})

describe('where too many wait', () => {
  test('the newest of whoever has most in line leaves', () => {
    const queue = createFairQueue<string>(3)
    for (const job of ['a1', 'a2', 'a3']) expect(queue.add(from('a'), job)).toBeUndefined()
    expect(queue.add(from('a'), 'a4')).toBe('a4')
    expect(queue.add(from('b'), 'b1')).toBe('a3')
    expect(queue.add(from('c'), 'c1')).toBe('a2')
    expect(queue.add(from('d'), 'd1')).toBe('d1')
    expect(rest(queue).sort()).toEqual(['a1', 'b1', 'c1'])
  })

  test('a key that many carry loses that of the address which has most', () => {
    const queue = createFairQueue<string>(3)
    queue.add(from('page', 'good'), 'good')
    queue.add(from('page', 'bad'), 'bad1')
    queue.add(from('page', 'bad'), 'bad2')
    expect(queue.add(from('page', 'other'), 'other')).toBe('bad2')
  })

  test('nothing is lost, no more wait, and nobody with a fair share has to leave', () => {
    const most = 6
    const sender = fc.record({ key: fc.constantFrom('a', 'b', 'c'), address: fc.constantFrom('1', '2') })
    const step = fc.oneof({ weight: 3, arbitrary: sender }, { weight: 1, arbitrary: fc.constant('next') })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const queue = createFairQueue<{ readonly n: number; readonly key: string }>(most)
        const inLine = new Map<number, string>()
        steps.forEach((each, n) => {
          if (typeof each === 'string') {
            const job = queue.next()
            if (job !== undefined) expect(inLine.delete(job.n)).toBe(true)
            else expect(inLine.size).toBe(0)
            return
          }
          inLine.set(n, each.key)
          const leaves = queue.add(each, { n, key: each.key })
          if (leaves === undefined) return
          const size = [...inLine.values()].filter(key => key === leaves.key).length
          // Three keys share six places.
          expect(size).toBeGreaterThan(2)
          expect(inLine.delete(leaves.n)).toBe(true)
        })
        expect(inLine.size).toBeLessThanOrEqual(most)
        for (let job = queue.next(); job !== undefined; job = queue.next()) inLine.delete(job.n)
        expect(inLine.size).toBe(0)
      }),
    )
  })
})
