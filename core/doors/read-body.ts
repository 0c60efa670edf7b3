import { TributaryError } from '../errors.ts'
import type { EventsRequest } from '../event/cloudevents-http.ts'
import { parseJson, withoutMark } from '../json/json.ts'

/**
 * The JSON of a body, whatever type its client says it is: several say none, or another.
 *
 * @throws TributaryError `bad_request`
 */
export function readBody({ body }: EventsRequest): unknown {
  try {
    return parseJson(withoutMark(body))
  } catch (cause) {
    // The parser's own words would hold a piece of the body, and with it sensitive fields.
    throw new TributaryError(
      'bad_request',
      'the body is not JSON; send it as the client of this address does',
      {
        cause,
      },
    )
  }
}

/** Undefined: it is nested so deep that nothing can write it. */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch (cause) {
    if (cause instanceof RangeError) return undefined
    throw cause
  }
}
