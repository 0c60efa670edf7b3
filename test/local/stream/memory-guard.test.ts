import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startMemoryGuard } from '../../../local/stream/memory-guard.ts'

describe('the memory guard', () => {
  it('holds the speed layer above the limit, says why, and lets it go on below', async () => {
    let items = 10
    const calls: string[] = []
    const guard = startMemoryGuard({
      items: () => items,
      limit: 100,
      hold: async () => void calls.push('hold'),
      release: () => void calls.push('release'),
      report: ({ code }) => void calls.push(code),
    })
    await sleep(600)
    expect([guard.reason(), calls]).toEqual([undefined, []])
    items = 101
    await expect.poll(guard.reason).toContain('101 real-time items')
    expect(calls).toEqual(['overloaded', 'hold'])
    items = 100
    await expect.poll(guard.reason).toBeUndefined()
    expect(calls).toEqual(['overloaded', 'hold', 'release'])
    guard.stop()
  })
})
