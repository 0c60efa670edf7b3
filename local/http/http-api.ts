import type { Scope } from '../../core/access/access.ts'
import * as handlers from '../../functions/entries/handlers.ts'
import type { HttpDeps } from '../../functions/middleware/http.ts'
import { httpFunction, ruleOf, type Work } from '../../functions/middleware/http-function.ts'
import { shownKey } from '../../functions/middleware/shown-key.ts'
import { ROUTES } from '../../functions/table.ts'
import type { Routes } from './http-router.ts'
import type { Admit } from './http-server.ts'

type Together<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void ? I : never

/** Everything the HTTP API needs: what each of its handlers needs. */
export type HttpApiDeps = HttpDeps & Together<Parameters<(typeof handlers)[keyof typeof handlers]>[0]>

/**
 * Judges a request before its body is read, by the scope of its route; answers the key it showed.
 *
 * @throws (the result) TributaryError `unauthenticated`, `forbidden`, `origin_not_allowed`
 */
export function admission({ authorise }: Pick<HttpDeps, 'authorise'>): Admit {
  const scopes = new Map<string, Scope | undefined>(
    Object.entries(ROUTES).map(([key, { scope }]) => [key, scope]),
  )
  return event => {
    const scope = scopes.get(event.routeKey)
    if (scope === undefined) return ''
    authorise(event, scope)
    return shownKey(event) ?? ''
  }
}

/**
 * The routes of functions/table.ts, served in this process; `instead`: works of functions by name; `beside`:
 * routes that are not of the API.
 */
export function httpApi(
  deps: HttpApiDeps,
  instead: Readonly<Record<string, Work>> = {},
  beside: Routes = {},
): Routes {
  const created = Object.entries(handlers).map(([name, create]) => [name, create(deps)] as const)
  const works = new Map<string, Work>([...created, ...Object.entries(instead)])
  const routes = Object.entries(ROUTES).map(([key, row]) => [
    key,
    httpFunction(deps, ruleOf(row), works.get(row.function)!),
  ])
  return { ...beside, ...Object.fromEntries(routes) }
}
