import { TributaryError } from '../../core/errors.ts'

/** Step Functions' limit on the input of an execution, bytes. */
const INPUT_LIMIT = 262_144

/**
 * The input of a run as JSON text; nothing given counts as `{}`.
 *
 * @throws TributaryError `bad_request` or `too_large`
 */
export function runInput(input: unknown): string {
  const text = jsonText(input ?? {})
  if (Buffer.byteLength(text) > INPUT_LIMIT)
    throw new TributaryError('too_large', `the input of a run exceeds ${INPUT_LIMIT} bytes`)
  return text
}

function jsonText(input: unknown): string {
  let text: string | undefined
  let cause: unknown
  try {
    text = JSON.stringify(input)
  } catch (error) {
    cause = error
  }
  if (text === undefined)
    throw new TributaryError('bad_request', 'the input of a run must be JSON', { cause })
  return text
}
