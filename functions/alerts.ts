import type { Static } from 'typebox'
import type { HistoryEntry } from '../core/alerts/alert-record.ts'
import type { Alert, AlertHistory } from '../core/api/alert-schemas.ts'
import { parseDuration } from '../core/data/epoch.ts'
import { parseGroup } from '../core/data/group.ts'
import { formatInstant } from '../core/data/time.ts'
import { describeCondition } from '../core/declare/alerts/conditions.ts'
import { TributaryError } from '../core/errors.ts'
import type { NumberedEntry } from '../core/ports/alerts/alert-store.ts'
import type { AlertNow, Alerts } from '../steps/alerts/alerts.ts'
import { type HttpEvent, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { jsonObject } from './middleware/json-body.ts'
import { instantOf, limitOf, numberOf, queryOf } from './middleware/query-string.ts'

export type AlertsDeps = {
  readonly alerts: Pick<Alerts, 'list' | 'history' | 'silence' | 'unsilence'>
  /** ms since 1970. */
  readonly now: () => number
}

/** GET /v1/alerts; GET /v1/alerts/{name}/history; POST /v1/alerts/{name}/silence and /unsilence. */
export function createHandler({ alerts, now }: AlertsDeps): Work {
  return async (event, access) => {
    const name = event.pathParameters?.['name'] ?? ''
    switch (event.routeKey) {
      case 'GET /v1/alerts/{name}/history':
        return history(alerts, name, event)
      case 'POST /v1/alerts/{name}/silence':
        await alerts.silence(name, { ...silenceOf(event, now()), by: access.name })
        return shownNow(alerts, name)
      case 'POST /v1/alerts/{name}/unsilence':
        await alerts.unsilence(name, access.name)
        return shownNow(alerts, name)
      default:
        return json(200, { alerts: (await alerts.list()).map(shownAlert) })
    }
  }
}

async function history(alerts: Pick<Alerts, 'history'>, name: string, event: HttpEvent) {
  const query = queryOf(event)
  const limit = limitOf(query, 100, 1000)
  const before = numberOf(query, 'before')
  // One more tells whether there are more.
  const found = await alerts.history(name, { ...(before !== undefined && { before }), limit: limit + 1 })
  const entries = found.slice(0, limit)
  const next = found.length > limit ? (entries.at(-1)?.number ?? null) : null
  return json(200, { entries: entries.map(shownEntry), next })
}

/** An alert that was just silenced, or not any more: it is there. */
async function shownNow(alerts: Pick<Alerts, 'list'>, name: string) {
  return json(200, shownAlert((await alerts.list()).find(({ alert }) => alert.name === name)!))
}

const LONGEST_WHY = 500

/** {"for" or "until", "why"}. */
function silenceOf(event: HttpEvent, now: number) {
  const { for: length, until, why } = jsonObject(event, ['for', 'until', 'why'])
  if (typeof why !== 'string' || why.trim() === '' || why.length > LONGEST_WHY)
    throw new TributaryError('bad_request', `"why" must say why, in at most ${LONGEST_WHY} characters`)
  if ((length === undefined) === (until === undefined))
    throw new TributaryError('bad_request', 'give one of "for", such as "2h", and "until"')
  if (until !== undefined) return { until: instantOf(String(until), 'until'), why }
  const ms = typeof length === 'string' ? parseDuration(length) : undefined
  if (ms === undefined)
    throw new TributaryError('bad_request', '"for" must be a duration such as 30m, 2h or 7d')
  return { until: now + ms, why }
}

const ORDER = ['ok', 'pending', 'firing'] as const

/** An alert as callers see it: the worst state of its groups is its own. */
function shownAlert({ alert, record, hindrance, destinations }: AlertNow): Static<typeof Alert> {
  const { name, title, description, metric, window, timezone, where, by, most, when, inRow } = alert
  const groups = record?.groups ?? []
  const worst = Math.max(0, ...groups.map(({ state }) => ORDER.indexOf(state)))
  return {
    ...{ name, title, description, metric, window, timezone: timezone ?? null },
    ...{ where, by: [...by], most, when },
    ...{ condition: describeCondition(when), for: inRow, latenessMs: alert.lateness, state: ORDER[worst]! },
    judgedThrough: instantOrNull(record?.through),
    judgedAt: instantOrNull(record?.judgedAt),
    waitsFor: hindrance?.detail ?? null,
    groups: groups.map(({ group, state, breaches, since, value }) => ({
      ...{ group: parseGroup(group), state, breaches, since: instantOrNull(since), value },
    })),
    leftOut: record?.leftOut ?? 0,
    silence: shownSilence(record),
    to: destinations.map(({ id, waiting, failure }) => ({ id, waiting, problem: failure ?? null })),
  }
}

function shownSilence(record: AlertNow['record']) {
  const { silence } = record ?? {}
  if (silence === undefined) return null
  return { ...silence, until: formatInstant(silence.until), at: formatInstant(silence.at) }
}

function shownEntry({ number, ...entry }: NumberedEntry): Static<typeof AlertHistory>['entries'][number] {
  return { number, at: formatInstant(entry.at), kind: entry.kind, ...detailsOf(entry) }
}

function detailsOf(entry: HistoryEntry) {
  switch (entry.kind) {
    case 'begun':
    case 'unsilenced':
      return entry.by === undefined ? {} : { by: entry.by }
    case 'silenced':
      return { by: entry.by, why: entry.why, until: formatInstant(entry.until) }
    case 'skipped':
      return { window: spanOf(entry.from, entry.to), reason: entry.reason }
    case 'sent':
    case 'failed':
    case 'dropped': {
      const { destination, message, group, detail } = entry
      return { destination, message, group: parseGroup(group), ...(detail !== undefined && { detail }) }
    }
    default: {
      const { group, window, end, since, value, before, reason } = entry
      return {
        ...{ group: parseGroup(group), window: spanOf(window, end), since: formatInstant(since), value },
        ...(before !== undefined && { before }),
        ...(reason !== undefined && { reason }),
      }
    }
  }
}

const spanOf = (start: number, end: number) => ({ start: formatInstant(start), end: formatInstant(end) })

function instantOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : formatInstant(ms)
}
