import type * as Type from 'typebox'
import * as alerts from './routes/alerts.ts'
import * as contracts from './routes/contracts.ts'
import * as doors from './routes/doors.ts'
import * as events from './routes/events.ts'
import * as keys from './routes/keys.ts'
import * as lake from './routes/lake.ts'
import * as metrics from './routes/metrics.ts'
import * as rejected from './routes/rejected.ts'
import * as runs from './routes/runs.ts'
import * as state from './routes/state.ts'

/**
 * The HTTP API as data: every route and every function that answers one, each in the file of its subject in
 * `functions/routes/`. The local router, API Gateway's routes, functions and their entries, roles, alarms,
 * the OpenAPI description, authorisation and the command line's types follow from it. To add a route, write
 * its row there and its handler (`functions/<name>.ts`, which exports `createHandler`), then run
 * `npm run generate`.
 */

/**
 * Functions behind the HTTP API, whose own limit is 30 s. None reserves concurrency but ingest, by a
 * parameter: the API's throttle and the run lock bound it already, and a reservation takes from what the
 * account's other functions may use.
 */
export const HTTP_FUNCTIONS = {
  ...events.FUNCTIONS,
  ...metrics.FUNCTIONS,
  ...contracts.FUNCTIONS,
  ...runs.FUNCTIONS,
  ...rejected.FUNCTIONS,
  ...keys.FUNCTIONS,
  ...state.FUNCTIONS,
}

export const ROUTES = {
  ...events.ROUTES,
  ...doors.ROUTES,
  ...metrics.ROUTES,
  ...contracts.ROUTES,
  ...lake.ROUTES,
  ...runs.ROUTES,
  ...rejected.ROUTES,
  ...alerts.ROUTES,
  ...keys.ROUTES,
  ...state.ROUTES,
}

export type RouteKey = keyof typeof ROUTES

type Good<A> = A extends { readonly 200: infer G }
  ? G
  : A extends { readonly 201: infer G }
    ? G
    : A extends { readonly 202: infer G }
      ? G
      : never

/** What a route answers when all went well, as JSON. */
export type AnswerOf<K extends RouteKey> =
  Good<(typeof ROUTES)[K]['answers']> extends { readonly schema: infer S extends Type.TSchema }
    ? Type.Static<S>
    : never

/** Names of the parameters of a route's query string. */
export type QueryOf<K extends RouteKey> = (typeof ROUTES)[K] extends { readonly query: infer Q }
  ? { [N in keyof Q]: N extends `${infer Prefix}*` ? `${Prefix}${string}` : N }[keyof Q]
  : never
