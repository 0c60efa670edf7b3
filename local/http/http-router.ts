import { TributaryError } from '../../core/errors.ts'
import type { HttpHandler } from '../../functions/middleware/http.ts'

/** API Gateway's route keys (`GET /v1/metrics/{name}`, `GET /console/{proxy+}`) and who answers them. */
export type Routes = Readonly<Record<string, HttpHandler>>

/** A matched route. `parameters` undefined: the path has none. */
export type Match = {
  readonly routeKey: string
  readonly handler: HttpHandler
  readonly parameters: Record<string, string> | undefined
}

/** Nothing answers: `allow` lists the methods the path does answer to; empty: no such path. */
export type NoMatch = { readonly allow: readonly string[] }

export type Router = (method: string, path: string) => Match | NoMatch

type Pattern = {
  readonly method: string
  readonly segments: readonly string[]
  readonly routeKey: string
  readonly handler: HttpHandler
}

/**
 * Compiles routes. A literal path wins over a pattern, and costs one lookup.
 *
 * @throws (the router) TributaryError `bad_request` where a path parameter is not percent-encoded UTF-8
 */
export function compileRouter(routes: Routes): Router {
  /** Method → path → where it goes. */
  const literal = new Map<string, Map<string, Match>>()
  const patterns: Pattern[] = []
  for (const [routeKey, handler] of Object.entries(routes)) {
    const [method = '', path = ''] = routeKey.split(' ')
    if (!path.includes('{')) pathsOf(method).set(path, { routeKey, handler, parameters: undefined })
    else patterns.push({ method, segments: path.split('/'), routeKey, handler })
  }
  return (method, path) =>
    literal.get(method)?.get(path) ?? matchPattern(patterns, method, path) ?? refused(path)

  function pathsOf(method: string): Map<string, Match> {
    const paths = literal.get(method) ?? new Map<string, Match>()
    literal.set(method, paths)
    return paths
  }

  function refused(path: string): NoMatch {
    const methods = [...literal].filter(([, paths]) => paths.has(path)).map(([method]) => method)
    // As the API's description has it: an address that is written out is another one than those of a pattern.
    if (methods.length > 0) return { allow: methods.sort() }
    const segments = path.split('/')
    const byPattern = patterns.filter(one => fits(one.segments, segments)).map(one => one.method)
    return { allow: [...new Set(byPattern)].sort() }
  }
}

function matchPattern(patterns: readonly Pattern[], method: string, path: string): Match | undefined {
  const segments = path.split('/')
  const pattern = patterns.find(one => one.method === method && fits(one.segments, segments))
  if (pattern === undefined) return undefined
  const { routeKey, handler } = pattern
  return { routeKey, handler, parameters: parametersOf(pattern.segments, segments) }
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  const isGreedy = pattern.at(-1)!.endsWith('+}')
  if (isGreedy ? path.length < pattern.length : path.length !== pattern.length) return false
  return pattern.every((part, i) =>
    part.startsWith('{') ? path[i] !== '' || part.endsWith('+}') : part === path[i],
  )
}

function parametersOf(pattern: readonly string[], path: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = {}
  pattern.forEach((part, i) => {
    if (part.endsWith('+}')) parameters[part.slice(1, -2)] = decode(path.slice(i).join('/'))
    else if (part.startsWith('{')) parameters[part.slice(1, -1)] = decode(path[i]!)
  })
  return parameters
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new TributaryError('bad_request', 'the path is not percent-encoded UTF-8', { cause })
  }
}
