import type { Static } from 'typebox'
import type { HistoryEntry } from '../core/alerts/alert-record.ts'
import type { Alert, AlertHistory } from '../core/api/alert-schemas.ts'
import { parseGroup } from '../core/data/group.ts'
import { formatInstant } from '../core/data/time.ts'
import { describeCondition } from '../core/declare/alerts/conditions.ts'
import type { NumberedEntry } from '../core/ports/alert-store.ts'
import type { AlertNow, Alerts } from '../steps/alerts/alerts.ts'
import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { limitOf, numberOf, queryOf } from './middleware/query-string.ts'

export type AlertsDeps = { readonly alerts: Pick<Alerts, 'list' | 'history'> }

/** GET /v1/alerts; GET /v1/alerts/{name}/history. */
export function createHandler({ alerts }: AlertsDeps): Work {
  return async event => {
    const name = event.pathParameters?.['name']
    if (name === undefined) return json(200, { alerts: (await alerts.list()).map(shownAlert) })
    const query = queryOf(event)
    const limit = limitOf(query, 100, 1000)
    const before = numberOf(query, 'before')
    // One more tells whether there are more.
    const found = await alerts.history(name, { ...(before !== undefined && { before }), limit: limit + 1 })
    const entries = found.slice(0, limit)
    const next = found.length > limit ? (entries.at(-1)?.number ?? null) : null
    return json(200, { entries: entries.map(shownEntry), next })
  }
}

const ORDER = ['ok', 'pending', 'firing'] as const

/** An alert as callers see it: the worst state of its groups is its own. */
export function shownAlert({ alert, record, hindrance, destinations }: AlertNow): Static<typeof Alert> {
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
