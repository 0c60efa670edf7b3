import { expect, test } from 'vitest'
import type { TributaryError } from '../../../../core/errors.ts'
import { reportedDeadLetters } from '../../../../local/stream/lanes/reported-dead-letters.ts'

const record = { sequence: '1', partition: 0, arrival: 0, data: 'ada@example.org' }
const failure = { consumer: 'speed', reason: 'unreadable', detail: 'not JSON', deliveries: 1 } as const

test('records that are given up are reported once they are kept, with where they are and not with what is in them', async () => {
  const told: TributaryError[] = []
  const calls: string[] = []
  const letters = reportedDeadLetters(
    { put: async () => void calls.push(`kept after ${told.length}`), list: async () => [] },
    error => void told.push(error),
  )
  await letters.put([record, record], failure)
  expect(calls).toEqual(['kept after 0'])
  expect(told.map(({ message }) => message)).toEqual([
    '2 records of the stream were given up by speed (unreadable: not JSON); they are kept whole in dead-letters/ of the data folder, with the reason',
  ])
})

test('records that cannot be kept are not said to be', async () => {
  const told: TributaryError[] = []
  const put = () => Promise.reject(new Error('full'))
  const letters = reportedDeadLetters({ put, list: async () => [] }, error => void told.push(error))
  await expect(letters.put([record], failure)).rejects.toThrow('full')
  expect(told).toEqual([])
})
