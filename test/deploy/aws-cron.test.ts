import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsCron } from '../../deploy/generate/aws-cron.ts'
import { compileCron } from '../../local/batch/compile-cron.ts'

describe('a cron expression on AWS', () => {
  const examples: readonly (readonly [string, string])[] = [
    ['0 * * * *', '0 * * * ? *'],
    ['30 4 * * *', '30 4 * * ? *'],
    ['*/15 * * * *', '0,15,30,45 * * * ? *'],
    ['0 9-17/4 * * 1-5', '0 9,13,17 ? * MON-FRI *'],
    ['0 3 * * 0', '0 3 ? * SUN *'],
    ['0 3 * * 7', '0 3 ? * SUN *'],
    ['0 3 * * sun,6', '0 3 ? * SUN,SAT *'],
    ['0 2 1 * *', '0 2 1 * ? *'],
    ['0 2 1 JAN,jul *', '0 2 1 1,7 ? *'],
  ]
  for (const [cron, aws] of examples)
    it(`says ${cron} as ${aws}`, () => {
      expect(awsCron('sample', cron)).toBe(aws)
    })

  const refused: readonly (readonly [string, RegExp])[] = [
    ['0 0 13 * 5', /both day and weekday; declare two schedules/],
    ['0 0 * *', /write minute hour day month weekday/],
    ['60 * * * *', /"60", which is no minute; use 0 to 59/],
    ['0 0 L * *', /"L", which is no day/],
    ['0 0 * * 5#2', /"5#2", which is no weekday/],
    ['*/0 * * * *', /is no minute/],
    ['30-10 * * * *', /is no minute/],
  ]
  for (const [cron, problem] of refused)
    it(`refuses ${cron}`, () => {
      expect(() => awsCron('sample', cron)).toThrow(problem)
      expect(() => awsCron('sample', cron)).toThrow(/schedule sample/)
    })

  it('fires exactly when the scheduler of one machine would', () => {
    fc.assert(
      fc.property(
        crons,
        fc.date({ min: new Date('2026-01-01Z'), max: new Date('2028-12-31Z'), noInvalidDate: true }),
        (cron, from) => {
          const local = compileCron('any', cron)
          const fires = awsMatcher(awsCron('any', cron))
          const next = local.nextRun(from)
          if (next === null) return
          expect(fires(next)).toBe(true)
          const minute = new Date(Math.floor(from.getTime() / 60_000) * 60_000)
          expect(fires(minute)).toBe(local.match(minute))
        },
      ),
      { numRuns: 500 },
    )
  })
})

const field = (from: number, to: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min: 2, max: 5 }).map(step => `*/${step}`),
    fc.integer({ min: from, max: to }).map(String),
    fc
      .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
      .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  )

const crons = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    fc.oneof(fc.constant('*'), fc.integer({ min: 1, max: 28 }).map(String)),
    field(1, 12),
    field(0, 6),
    fc.boolean(),
  )
  .chain(([minute, hour, day, month, weekday, byDay]) =>
    fc
      .tuple(fc.constantFrom('*', '*/1', '1-31', '1/1'), fc.constantFrom('*', '*/1', '0-6', '1-7', 'SUN-SAT'))
      .map(([everyDay, everyWeekday]) =>
        [minute, hour, byDay ? day : everyDay, month, byDay ? everyWeekday : weekday].join(' '),
      ),
  )

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

/** What AWS documents of its fields, read anew: lists and ranges, `*` and `?`. */
function awsMatcher(expression: string): (at: Date) => boolean {
  const [minute, hour, day, month, weekday] = expression.split(' ')
  const has = (text: string, value: number) =>
    text === '*' ||
    text === '?' ||
    text.split(',').some(item => {
      const [from, to = from] = item
        .split('-')
        .map(end => (WEEKDAYS.includes(end) ? WEEKDAYS.indexOf(end) : Number(end)))
      return value >= from! && value <= to!
    })
  return at =>
    has(minute!, at.getUTCMinutes()) &&
    has(hour!, at.getUTCHours()) &&
    has(day!, at.getUTCDate()) &&
    has(month!, at.getUTCMonth() + 1) &&
    has(weekday!, at.getUTCDay())
}
