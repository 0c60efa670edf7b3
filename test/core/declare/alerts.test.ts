import { describe, expect, test } from 'vitest'
import {
  type AlertDeclaration,
  absence,
  change,
  defineAlert,
  email,
  threshold,
  webhook,
} from '../../../core/declare/alerts/alert.ts'
import { describeCondition } from '../../../core/declare/alerts/conditions.ts'
import type { DashboardDeclaration } from '../../../core/declare/dashboards/dashboard.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { loadDeclarations } from '../../../drivers/pipeline/folder.ts'
import { FOLDER } from '../../local/test-platform.ts'

const sample = await loadDeclarations(FOLDER)

const ALERT: AlertDeclaration = {
  name: 'few_trips',
  metric: 'trips_hourly',
  when: threshold('trips', { below: 10 }),
}

function alertOf(changed: object) {
  const declaration = { ...ALERT, ...changed } as AlertDeclaration
  return compilePipeline({ ...sample, alerts: [{ file: 'alerts/few.ts', declaration }] }).alerts[0]!
}

test('an alert has the window of its metric, judges all groups together and is late by ten seconds', () => {
  expect(alertOf({})).toMatchObject({
    ...{ window: 'hour', by: [], most: 100, inRow: 1, lateness: 10_000, to: [], where: {} },
  })
})

test('what changes a verdict changes the digest of an alert, and who is told does not', () => {
  const { digest } = alertOf({})
  expect(alertOf({ to: [webhook('OPS_URL')], title: 'Few', lateness: '5m' }).digest).toBe(digest)
  for (const changed of [{ for: 2 }, { window: 'day' }, { when: absence() }, { by: ['hoverboard_id'] }])
    expect(alertOf(changed).digest).not.toBe(digest)
})

describe('is refused, with file and remedy', () => {
  test.each([
    [
      { metric: 'trips_hourl' },
      /^alerts\/few\.ts: there is no metric "trips_hourl"; did you mean trips_hourly\?$/,
    ],
    [{ when: threshold('trip', { above: 1 }) }, /no measure "trip"; use one of trips, minutes/],
    [{ window: 'minute' }, /window "minute" is shorter than that of trips_hourly; use one of hour, day/],
    [{ window: 'fortnight' }, /window "fortnight" is unknown; use one of minute, hour/],
    [{ timezone: 'Europe/Berlin' }, /timezone is for windows of a day and longer/],
    [{ window: 'day', timezone: 'Europe/Atlantis' }, /timezone "Europe\/Atlantis" is unknown/],
    [{ by: ['origin'] }, /by "origin" is no group of trips_hourly; use one of hoverboard_id/],
    [{ where: { hoverboard_id: true } }, /where "hoverboard_id" cannot be true; give a value of its kind/],
    [{ for: 0 }, /for 0; give a whole number from 1 to 1000/],
    [{ most: 5000 }, /most 5000; give a whole number from 1 to 1000/],
    [{ lateness: '2d' }, /lateness "2d"; give a duration of at most a day/],
    [{ when: { kind: 'threshold', measure: 'trips' } }, /neither above nor below/],
    [{ when: { kind: 'threshold', measure: 'trips', over: 3 } }, /when has "over"; call threshold/],
    [{ when: threshold('trips', { above: 1, below: 2 }) }, /every number is above 1 or below 2/],
    [{ when: 'absence' }, /when is no condition; call threshold/],
    [{ when: change('trips', { against: 'previous' }) }, /not one of ratio and difference/],
    [
      { window: 'week', when: change('trips', { against: 'week', ratio: { above: 2 } }) },
      /a week is not compared/,
    ],
    [{ to: [webhook('https://hooks.example.com/s3cret')] }, /names no environment variable in a webhook/],
    [{ to: [webhook('TRIBUTARY_KEYS')] }, /names no environment variable/],
    [{ to: [{ kind: 'pager' }] }, /destination of no known kind/],
    [{ to: [email('OPS_SMTP_URL', { from: 'me', to: ['you@example.com'] })] }, /e-mail address "me"/],
    [{ to: [email('OPS_SMTP_URL', { from: 'a@b.example', to: [] })] }, /has not 1 to 50 e-mail addresses/],
    [{ evry: 1 }, /"evry" is not known/],
  ])('%j', (changed, message) => {
    expect(() => alertOf(changed)).toThrow(message)
  })

  test('and a secret that stands in place of a name is not quoted', () => {
    expect(() => alertOf({ to: [webhook('https://hooks.example.com/s3cret')] })).not.toThrow(/s3cret/)
  })

  test('when two have one name', () => {
    const twins = ['a.ts', 'b.ts'].map(file => ({ file, declaration: ALERT }))
    expect(() => compilePipeline({ ...sample, alerts: twins })).toThrow(/few_trips is declared in a\.ts too/)
  })
})

test.each([
  [threshold('trips', { above: 3 }), 'trips above 3'],
  [threshold('trips', { above: 3, below: 1 }), 'trips above 3 or below 1'],
  [change('trips', { against: 'week', ratio: { below: 0.5 } }), 'trips below 0.5 × the week before'],
  [
    change('trips', { against: 'previous', difference: { above: 9 } }),
    'trips less the window before above 9',
  ],
  [absence(), 'no events'],
])('%j is in words: %s', (condition, words) => {
  expect(describeCondition(condition)).toBe(words)
})

test('defineAlert gives back what it takes', () => {
  expect(defineAlert(ALERT)).toBe(ALERT)
})

const CHART = { metric: 'trips_hourly', measure: 'trips' }
const BOARD: DashboardDeclaration = { name: 'fleet', charts: [CHART] }

function dashboardOf(changed: object) {
  const declaration = { ...BOARD, ...changed } as DashboardDeclaration
  return compilePipeline({ ...sample, dashboards: [{ file: 'dashboards/fleet.json', declaration }] })
    .dashboards[0]!
}

describe('a dashboard', () => {
  test('has charts with a title, a window and a span where none are given', () => {
    expect(dashboardOf({}).charts).toEqual([
      {
        ...{ title: 'Trips an hour, by hoverboard: trips', metric: 'trips_hourly', measure: 'trips' },
        ...{ range: '24h', window: 'hour', by: [], where: {} },
      },
    ])
  })

  test('may show a span that does not move', () => {
    const [chart] = dashboardOf({ charts: [{ ...CHART, from: '2026-01-01' }] }).charts
    expect(chart).toMatchObject({ from: '2026-01-01' })
    expect(chart).not.toHaveProperty('range')
  })

  test.each([
    [{ charts: [] }, /^dashboards\/fleet\.json: dashboard fleet: it has not 1 to 24 charts/],
    [{ name: 'The fleet' }, /name "The fleet"; use lower-case letters/],
    [{ charts: [{ ...CHART, metric: 'trips' }] }, /fleet\.json: chart 1: there is no metric "trips"/],
    [{ charts: [CHART, { ...CHART, measure: 'x' }] }, /chart 2: trips_hourly has no measure "x"/],
    [{ charts: [{ ...CHART, window: 'minute' }] }, /chart 1: window "minute" is shorter/],
    [{ charts: [{ ...CHART, range: '90d' }] }, /chart 1 has range "90d"; use one of 1h, 6h/],
    [{ charts: [{ ...CHART, range: '1h', from: '2026-01-01' }] }, /chart 1 has a range, and from or to/],
    [{ charts: [{ ...CHART, from: 'yesterday' }] }, /chart 1 has the instant "yesterday"/],
    [{ charts: [{ ...CHART, by: ['origin'] }] }, /by "origin" is no group/],
    [{ charts: [{ ...CHART, wheer: {} }] }, /chart 1 has "wheer"; a chart has title, metric/],
    [{ charts: [{ ...CHART, compare: 'week' }] }, /write "previous", or leave it out/],
    [{ charts: ['trips'] }, /chart 1 is no object/],
  ])('is refused: %j', (changed, message) => {
    expect(() => dashboardOf(changed)).toThrow(message)
  })
})
