import { expect, test } from 'vitest'
import { readRetention } from '../../core/declare/retention.ts'
import { shortRetention } from '../../deploy/short-retention.ts'

const kept = (raw: string) => [{ type: 'com.example.a', retention: readRetention('a', { raw }) }]
const parameters = { Epoch: '1h', Horizon: '7d', RawDays: 0 }

test('a contract that keeps raw data for less than ids are remembered is not deployed', () => {
  expect(shortRetention(parameters, kept('8d'))).toEqual([])
  expect(shortRetention(parameters, kept('7d'))).toEqual([
    expect.stringMatching(/com.example.a: retention.raw of 7 days.*write '8d' or more/),
  ])
})

test('nor is one that keeps it for longer than S3 leaves it there', () => {
  expect(shortRetention({ ...parameters, RawDays: '30' }, kept('30d'))).toEqual([])
  expect(shortRetention({ ...parameters, RawDays: '30' }, kept('40d'))).toEqual([
    expect.stringMatching(/retention.raw is 40 days, and rawDays has S3 remove raw data after 30/),
  ])
})
