import * as Type from 'typebox'
import type { Scope } from '../access/access.ts'
import type { KeyPlace } from '../doors/table.ts'
import { Problem } from './schemas.ts'

/** A parameter of a path or a query string. */
export type Parameter = {
  readonly schema: Type.TSchema
  readonly description: string
  /** The call means nothing without it. */
  readonly isRequired?: true
  /** Each of several values has the name before it; not given: they are separated by commas. */
  readonly isRepeated?: true
}

/** One answer of a route. */
export type Answer = {
  readonly description: string
  readonly schema: Type.TSchema
  /** It has no body. */
  readonly isEmpty?: true
  /** Media type; not given: `application/json`. */
  readonly type?: string
  /** Schemas of what else it may be, by media type: what the header `accept` prefers. */
  readonly otherTypes?: Readonly<Record<string, Type.TSchema>>
  /** Headers by name: what each holds, a whole number. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What a key that reads may be limited to. */
export type Limit = 'types' | 'rows'

/**
 * What the world is told of a route of the HTTP API, and what a request must be for the route's work to
 * begin.
 */
export type Route = {
  /** Unique among routes; generated clients name their methods after it. */
  readonly operation: string
  readonly summary: string
  /** Sentences; not given: the summary says it. */
  readonly description?: string
  /** What a key must be good for; undefined: no key is needed. */
  readonly scope: Scope | undefined
  /**
   * Limits of a caller's key that what the call shows is kept to; callers with any other one are refused.
   */
  readonly keepsTo?: readonly Limit[]
  /** Each call is kept with who made it, also of keys that are no admin's, whose calls all are. */
  readonly isAudited?: true
  /** The key stands in the address, as `key`, in place of a header. */
  readonly isKeyInAddress?: true
  /** Where clients have their key that send no bearer token. */
  readonly keyAt?: KeyPlace
  /** The name under which the description lists it; not given: by its path. */
  readonly tag?: 'clients'
  readonly path?: Readonly<Record<string, Parameter>>
  /**
   * Parameters of the query string; any other is refused. `where.*` stands for all names that begin with
   * `where.`.
   */
  readonly query?: Readonly<Record<string, Parameter>>
  /** Schemas of the body by media type; not given: the body is not read. */
  readonly body?: Readonly<Record<string, Type.TSchema>>
  /** The body may be bytes that are no text. */
  readonly takesBytes?: true
  /** The call means something without its body, too. */
  readonly optionalBody?: true
  /** By status. Refusals that every call of its kind can meet are understood (operation.ts). */
  readonly answers: Readonly<Record<number, Answer>>
  /** `metric`: a path of its own in the description for every declared metric, which stands for `{name}`. */
  readonly each?: 'metric'
}

/** Routes by API Gateway's route keys: `GET /v1/runs/{id}`. */
export type Routes = Readonly<Record<string, Route>>

/** An answer in JSON. */
export function json<S extends Type.TSchema>(description: string, schema: S) {
  return { description, schema } as const
}

/** An answer without a body. */
export function empty(description: string) {
  return { description, schema: Type.Null(), isEmpty: true } as const
}

/** A refusal in problem details. */
export function problem(description: string) {
  return { description, schema: Problem, type: 'application/problem+json' } as const
}

/** How many things a page has at most. */
export function limit(usual: number, most = 1000): Parameter {
  return {
    schema: Type.Integer({ minimum: 1, maximum: most, default: usual }),
    description: 'At most',
  }
}
