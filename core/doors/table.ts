import type { Door } from './door.ts'
import { otlp } from './otlp/otlp.ts'
import { jitsu, segment } from './segment.ts'
import { snowplow } from './snowplow.ts'

/**
 * Where a key stands that is not in `Authorization: Bearer`: as the user of basic authentication, in
 * `x-write-key` behind an id, or in the path.
 */
export type KeyPlace = 'basic' | 'writeKey' | 'path'

/** A door and where its clients show their key; undefined: they can send a bearer token. */
export type DoorRow = { readonly door: Door; readonly key: KeyPlace | undefined }

const SEGMENT: DoorRow = { door: segment, key: 'basic' }

/** Doors by the keys of their routes. */
export const DOORS = {
  'POST /v1/batch': SEGMENT,
  'POST /v1/track': SEGMENT,
  'POST /v1/identify': SEGMENT,
  'POST /v1/page': SEGMENT,
  'POST /v1/screen': SEGMENT,
  'POST /v1/group': SEGMENT,
  'POST /v1/alias': SEGMENT,
  'POST /v1/segment/{key}/{call}': { door: segment, key: 'path' },
  'POST /api/s/{call}': { door: jitsu, key: 'writeKey' },
  'POST /api/s/s2s/{call}': { door: jitsu, key: 'writeKey' },
  'POST /com.snowplowanalytics.snowplow/tp2': { door: snowplow, key: undefined },
  'POST /com.snowplowanalytics.snowplow/tp2/{key}': { door: snowplow, key: 'path' },
  'POST /v1/logs': { door: otlp, key: undefined },
} as const satisfies Readonly<Record<string, DoorRow>>

const byRoute: ReadonlyMap<string, DoorRow> = new Map(Object.entries(DOORS))

/** The door behind a route; undefined where it has none. */
export function doorOf(routeKey: string): DoorRow | undefined {
  return byRoute.get(routeKey)
}
