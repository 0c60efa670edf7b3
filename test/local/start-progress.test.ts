import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStartProgress } from '../../local/start-progress.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const told: string[] = []
beforeEach(() => void told.splice(0))

const after = (ms: number) => new Promise<string>(resolve => setTimeout(resolve, ms, 'done'))

test('a start that takes a moment says nothing', async () => {
  const { during } = createStartProgress(line => told.push(line))
  const work = during('opening', after(1900))
  await vi.advanceTimersByTimeAsync(60_000)
  expect([await work, told]).toEqual(['done', []])
})

test('work of more than two seconds is told, and again every five with how far it is, until it is done', async () => {
  const { during, far } = createStartProgress(line => told.push(line))
  const work = during('opening', after(11_000))
  await vi.advanceTimersByTimeAsync(3000)
  far('opening', '12 of 40 blocks')
  far('something else', '1 of 2')
  await vi.advanceTimersByTimeAsync(60_000)
  await work
  expect(told).toEqual(['opening (2 s)', 'opening: 12 of 40 blocks (7 s)'])
  expect(vi.getTimerCount()).toBe(0)
})

test('a failure goes on to whoever awaits it', async () => {
  const { during } = createStartProgress(line => told.push(line))
  await expect(during('opening', Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(vi.getTimerCount()).toBe(0)
})
