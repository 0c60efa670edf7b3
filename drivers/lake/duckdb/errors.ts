import { withoutValues } from '../../../core/data/without-values.ts'
import { type ErrorCode, TributaryError } from '../../../core/errors.ts'

/** DuckDB begins every message with the class of the error. */
const CODES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^INTERRUPT/i, 'timeout'],
  [/^Out of Memory/i, 'too_large'],
  [/^IO Error/i, 'storage_failed'],
  [/^(Conversion|Invalid Input|Out of Range) Error/i, 'corrupt_data'],
]

/** Gives an engine's error its code. `remedy`: what to do where work is too large for the engine. */
export function toLakeError(cause: unknown, remedy?: string): TributaryError {
  if (cause instanceof TributaryError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  const code = CODES.find(([pattern]) => pattern.test(message))?.[1] ?? 'internal'
  if (code === 'corrupt_data') {
    const told = `lake: ${withoutValues(message).slice(0, 1000)}`
    // Not the engine's error as the cause: it holds the value.
    return new TributaryError(code, told, { cause: new Error('an error of DuckDB') })
  }
  const ending = code === 'too_large' && remedy !== undefined ? `; ${remedy}` : ''
  return new TributaryError(code, `lake: ${message.slice(0, 1000)}${ending}`, { cause })
}
