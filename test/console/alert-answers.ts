import type { Page } from 'playwright-core'
import type { AlertHistory, Alerts } from '../../console/data/api.ts'

/** Answers of a platform whose alerts fire: a window takes a minute at least, which no test waits for. */
const MINUTE = 60_000
const now = Math.floor(Date.now() / MINUTE) * MINUTE
const at = (minutes: number, ms = 0) => new Date(now + minutes * MINUTE + ms).toISOString()

type Alert = Alerts['alerts'][number]

const COMMON: Omit<Alert, 'name' | 'title' | 'description' | 'when' | 'condition' | 'state' | 'groups'> = {
  ...{ metric: 'fleet_minutely', window: 'minute', timezone: null, where: {}, by: [], most: 100, for: 1 },
  ...{ latenessMs: 10_000, judgedThrough: at(-1), judgedAt: at(-1, 10_204), waitsFor: null, leftOut: 0 },
  ...{ silence: null, to: [] },
}

export const ALERTS: Alerts = {
  alerts: [
    {
      ...COMMON,
      ...{ name: 'battery_low', title: 'Boards run empty', state: 'firing', for: 5, by: ['is_docked'] },
      description: 'Send the van to the district: runbook 7.',
      when: { kind: 'threshold', measure: 'charge_mean', below: 0.2 },
      condition: 'charge_mean below 0.2',
      groups: [
        { group: { is_docked: false }, state: 'firing', breaches: 7, since: at(-8), value: 0.173 },
        { group: { is_docked: true }, state: 'pending', breaches: 2, since: at(-3), value: 0.19 },
      ],
      to: [
        { id: 'webhook:OPS_WEBHOOK_URL', waiting: 0, problem: null },
        { id: 'slack:OPS_SLACK_URL', waiting: 2, problem: 'it answered 503' },
      ],
    },
    {
      ...COMMON,
      ...{ name: 'fleet_silent', title: 'The fleet says nothing', description: '', state: 'ok', groups: [] },
      ...{ when: { kind: 'absence' }, condition: 'no events', for: 5 },
      silence: {
        until: at(90),
        by: 'ops-anna',
        why: 'the network of the depot is being changed',
        at: at(-30),
      },
    },
    {
      ...COMMON,
      ...{ name: 'trips_halved', title: 'Half as many trips', description: 'Ask the shop.', state: 'ok' },
      ...{ metric: 'trips_hourly', window: 'hour', groups: [] },
      when: { kind: 'change', measure: 'trips', against: 'week', ratio: { below: 0.5 } },
      condition: 'trips below 0.5 × the week before',
    },
  ],
}

const WINDOW = (minutes: number) => ({ start: at(minutes), end: at(minutes + 1) })
const GROUP = { is_docked: false }

export const HISTORY: AlertHistory = {
  entries: [
    {
      number: 7,
      at: at(-1, 10_204),
      kind: 'pending',
      group: { is_docked: true },
      window: WINDOW(-2),
      value: 0.19,
    },
    {
      number: 6,
      at: at(-3, 10_990),
      kind: 'sent',
      group: GROUP,
      destination: 'webhook:OPS_WEBHOOK_URL',
      message: 'm',
    },
    { number: 5, at: at(-3, 10_180), kind: 'firing', group: GROUP, window: WINDOW(-4), value: 0.181 },
    { number: 4, at: at(-7, 10_160), kind: 'pending', group: GROUP, window: WINDOW(-8), value: 0.197 },
    { number: 3, at: at(-60), kind: 'unsilenced', by: 'ops-anna' },
    { number: 2, at: at(-95), kind: 'silenced', by: 'ops-anna', until: at(25), why: 'a drill' },
    {
      number: 1,
      at: at(-180),
      kind: 'resolved',
      group: GROUP,
      window: WINDOW(-181),
      value: 0.4,
      reason: 'changed',
    },
    { number: 0, at: at(-180), kind: 'begun' },
  ],
  next: null,
}

/** Lets a page have these answers. */
export async function answerAlerts(page: Page, alerts: Alerts = ALERTS): Promise<void> {
  await page.route('**/v1/alerts', route => route.fulfill({ json: alerts }))
  await page.route('**/v1/alerts/*/history?*', route => route.fulfill({ json: HISTORY }))
}
