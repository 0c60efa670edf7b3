import * as handlers from '../../functions/entries/handlers.ts'
import type { HttpDeps } from '../../functions/middleware/http.ts'
import { httpFunction, ruleOf, type Work } from '../../functions/middleware/http-function.ts'
import { ROUTES } from '../../functions/table.ts'
import type { Routes } from './http-router.ts'

type Together<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void ? I : never

/** Everything the HTTP API needs: what each of its handlers needs. */
export type HttpApiDeps = HttpDeps & Together<Parameters<(typeof handlers)[keyof typeof handlers]>[0]>

/** The routes of functions/table.ts, served in this process. */
export function httpApi(deps: HttpApiDeps): Routes {
  const works = new Map<string, Work>(Object.entries(handlers).map(([name, create]) => [name, create(deps)]))
  const routes = Object.entries(ROUTES).map(([key, row]) => [
    key,
    httpFunction(deps, ruleOf(row), works.get(row.function)!),
  ])
  return Object.fromEntries(routes)
}
