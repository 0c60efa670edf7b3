import type { EventsRequest } from '../event/cloudevents-http.ts'

/** Shapes of items that others' clients send; a declared source says what those of one shape become. */
export const SHAPES = ['segment', 'snowplow', 'otlp', 'hook'] as const
export type ItemShape = (typeof SHAPES)[number]

/** What a door is handed of a request. */
export type DoorRequest = EventsRequest & {
  /** The last part of the path: the call that its client makes, such as `track`. */
  readonly call: string
  /** The body is bytes that are no text, in base64. */
  readonly isBase64: boolean
}

/** One thing that a client sent, which becomes one event. */
export type Item = {
  /** What rules point into: an object, or whatever stands in its place. */
  readonly value: unknown
  /** The client's own id, by which it counts once however often it comes. */
  readonly id?: unknown
  /** RFC 3339, or what stands in its place. */
  readonly time?: unknown
  /** Why it can become no event, whatever is declared. */
  readonly refused?: Refused
}

/** Why an item becomes a rejected event: as `Rejection` of core/event/event.ts. */
export type Refused = { readonly code: string; readonly detail: string }

/** A rejected item, as its client is told of it. */
export type RejectedItem = Refused & { readonly index: number; readonly id: string | null }

/** What became of a request that is to be sent no more. */
export type DoorOutcome = { readonly accepted: number; readonly rejected: readonly RejectedItem[] }

/** An answer in the client's words: 200 with JSON or bytes, or a refusal of the one event that it was. */
export type DoorAnswer =
  | { readonly body: unknown }
  | { readonly bytes: Buffer; readonly type: string }
  | { readonly refusal: string }

/**
 * Where events come in that a client sends in another shape than CloudEvents. Plain data and pure functions:
 * the same ingest step stands behind each.
 */
export type Door = {
  readonly shape: ItemShape
  /** `CloudEvents` source of events whose declared source names none. */
  readonly client: string
  /** @throws TributaryError `bad_request` where nothing of the body can be read */
  readonly read: (request: DoorRequest) => readonly Item[]
  readonly answer: (outcome: DoorOutcome, request: DoorRequest) => DoorAnswer
}
