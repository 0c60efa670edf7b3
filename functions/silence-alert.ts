import { parseDuration } from '../core/data/epoch.ts'
import { TributaryError } from '../core/errors.ts'
import type { Alerts } from '../steps/alerts/alerts.ts'
import { shownAlert } from './alerts.ts'
import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { jsonObject } from './middleware/json-body.ts'
import { instantOf } from './middleware/query-string.ts'

export type SilenceAlertDeps = {
  readonly alerts: Pick<Alerts, 'list' | 'silence' | 'unsilence'>
  /** ms since 1970. */
  readonly now: () => number
}

const LONGEST_WHY = 500

/** POST /v1/alerts/{name}/silence {"for" or "until", "why"}; POST /v1/alerts/{name}/unsilence. */
export function createHandler({ alerts, now }: SilenceAlertDeps): Work {
  return async (event, access) => {
    const name = event.pathParameters?.['name'] ?? ''
    if (event.routeKey.endsWith('/unsilence')) await alerts.unsilence(name, access.name)
    else
      await alerts.silence(name, {
        ...silenceOf(jsonObject(event, ['for', 'until', 'why']), now()),
        by: access.name,
      })
    const found = (await alerts.list()).find(({ alert }) => alert.name === name)!
    return json(200, shownAlert(found))
  }
}

function silenceOf(body: Readonly<Record<string, unknown>>, now: number) {
  const { for: length, until, why } = body
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
