/**
 * Every infrastructure failure the platform raises: one row a code.
 *
 * `status` is the HTTP answer; `retryable` says whether trying again can help. Of a stream's records those go
 * to the dead letters that are at fault themselves (`too_large`, `corrupt_data`). Outcomes that a caller is
 * meant to handle (`duplicate`, `rejected`, …) are values, not errors.
 */
const ERRORS = {
  bad_request: { status: 400, retryable: false, title: 'The request cannot be read' },
  unauthenticated: { status: 401, retryable: false, title: 'No valid key was given' },
  forbidden: { status: 403, retryable: false, title: 'The key does not carry the scope this call needs' },
  origin_not_allowed: {
    status: 403,
    retryable: false,
    title: 'Pages of this origin may not use the platform',
  },
  not_found: { status: 404, retryable: false, title: 'There is nothing under this address' },
  method_not_allowed: { status: 405, retryable: false, title: 'This address does not answer to this method' },
  not_acceptable: { status: 406, retryable: false, title: 'The answer cannot be given in this form' },
  late_request: { status: 408, retryable: true, title: 'The request did not arrive in time' },
  conflict: { status: 409, retryable: false, title: 'The state of the resource does not allow this call' },
  busy: { status: 409, retryable: true, title: 'Another run is changing the same views' },
  too_large: { status: 413, retryable: false, title: 'The request exceeds a limit' },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    title: 'The content type or encoding is not supported',
  },
  too_many: { status: 429, retryable: true, title: 'Too much of this waits already; ask again later' },
  headers_too_large: { status: 431, retryable: false, title: 'The address and the headers exceed a limit' },
  all_rejected: { status: 422, retryable: false, title: 'Every event was rejected' },
  overloaded: { status: 503, retryable: true, title: 'The platform takes no more for now; send again later' },
  unavailable: { status: 503, retryable: true, title: 'A part of the platform does not answer' },
  timeout: { status: 503, retryable: true, title: 'A part of the platform did not answer in time' },
  storage_failed: { status: 503, retryable: true, title: 'Storage refused a read or a write' },
  raw_incomplete: { status: 503, retryable: true, title: 'The raw data of an epoch has not all arrived' },
  reconciliation_mismatch: { status: 500, retryable: false, title: 'The layers disagree about an epoch' },
  test_failed: { status: 500, retryable: false, title: 'Rows of a model fail a test' },
  held: { status: 500, retryable: false, title: 'The numbers of one metric or type wait' },
  invalid_declaration: {
    status: 500,
    retryable: false,
    title: 'The pipeline declares something that cannot work',
  },
  invalid_setting: {
    status: 500,
    retryable: false,
    title: 'A setting is unknown or has an impossible value',
  },
  corrupt_data: { status: 500, retryable: false, title: 'Stored data fails its check' },
  internal: { status: 500, retryable: false, title: 'An unexpected failure' },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>

export type ErrorCode = keyof typeof ERRORS

/** Every code there is. */
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[]

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text)
}

/**
 * A failure with a code of the table above. `name` equals the code, so that `ErrorEquals` in a state machine
 * and `error.name` in a log match it.
 */
export class TributaryError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly retryable: boolean
  readonly title: string
  /** Seconds after which trying again makes sense, for the `Retry-After` header. */
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, detail: string, options: { cause?: unknown; retryAfter?: number } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    const row = ERRORS[code]
    this.name = code
    this.code = code
    this.status = row.status
    this.retryable = row.retryable
    this.title = row.title
    this.retryAfter = options.retryAfter ?? (row.status === 503 || row.status === 429 ? 1 : undefined)
  }
}

/** Gives any thrown value a code: what is not ours becomes `internal`, with the original as its cause. */
export function toTributaryError(error: unknown): TributaryError {
  if (error instanceof TributaryError) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new TributaryError('internal', detail, { cause: error })
}
