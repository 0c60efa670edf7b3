import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { defineContract } from '../../../core/declare/contract.ts'
import { readRetention, requireLongerThan } from '../../../core/declare/retention.ts'

const DAY = 86_400_000
const contract = { type: 'com.example.a', version: 1, partitionBy: ['a'] }
const data = Type.Object({ a: Type.Integer() })

describe('how long a contract keeps things', () => {
  test('is read in days and years; what is left out is kept for ever', () => {
    expect(readRetention('a', undefined)).toEqual({})
    expect(readRetention('a', { raw: '400d', curated: '2y' })).toEqual({ raw: 400 * DAY, curated: 730 * DAY })
  })

  test.each([
    [{ raw: '13 months' }, /retention.raw "13 months" is no time; write days or years, such as '400d'/],
    [{ raw: 400 }, /retention.raw 400 is no time/],
    [{ raw: '0d' }, /retention.raw "0d" is no time/],
    [{ raw: '1d' }, /retention.raw "1d" is too short; write '2d' or more/],
    [{ raw: '101y' }, /retention.raw "101y" is too long; leave it out: for ever/],
    [{ rwa: '30d' }, /retention has "rwa"; did you mean raw\?/],
    ['30d', /retention "30d" is not an object; write \{ raw: '400d'/],
    [{ raw: '30d', partials: '60d' }, /retention.partials is longer than retention.raw.*leave partials out/],
    [{ curated: '30d', partials: '60d' }, /retention.partials is longer than retention.curated/],
  ])('is refused by name, with the remedy: %j', (retention, message) => {
    const declared = { ...contract, data, retention } as Parameters<typeof defineContract>[0]
    expect(() => defineContract(declared)).toThrow(message)
  })

  test('is refused where it ends before event ids are forgotten', () => {
    const kept = (raw: string) => [{ type: 'com.example.a', retention: readRetention('a', { raw }) }]
    expect(() => requireLongerThan(7 * DAY, kept('8d'))).not.toThrow()
    expect(() => requireLongerThan(7 * DAY, kept('7d'))).toThrow(
      /com.example.a: retention.raw of 7 days is shorter than event ids are remembered.*write '8d' or more, or lower/,
    )
  })
})
