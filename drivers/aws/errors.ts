import { type ErrorCode, TributaryError } from '../../core/errors.ts'

/**
 * What a failure of an AWS call means for its caller.
 *
 * `throttle`: over a rate or a capacity. `timeout`: no answer in time, so whether the call took effect is
 * unknown. `transient`: the service or the way to it fails for now; unknown too. `denied`: credentials or a
 * policy. `missing`: the named resource is not there. `refused`: the call itself is wrong or its condition
 * does not hold; sending it again changes nothing.
 */
export type FailureKind = 'throttle' | 'timeout' | 'transient' | 'denied' | 'missing' | 'refused'

const CODES: Readonly<Record<FailureKind, ErrorCode>> = {
  throttle: 'overloaded',
  timeout: 'timeout',
  transient: 'unavailable',
  // Somebody can mend these two while the work waits: no record may go to the dead letters for a missing
  // permission.
  denied: 'storage_failed',
  missing: 'storage_failed',
  refused: 'internal',
}

const REMEDIES: Readonly<Partial<Record<FailureKind, string>>> = {
  denied: ": give the function's role this permission, or renew its credentials",
  missing: ': deploy the stack, or correct the name in the settings',
}

/** Error names (and positional `ErrorCode`s) by which AWS services report a lack of capacity. */
const THROTTLES: ReadonlySet<string> = new Set([
  'ActiveSessionsExceededException',
  'ActiveStatementsExceededException',
  'ActiveWaitingRequestsExceededException',
  'BandwidthLimitExceeded',
  'KMSThrottlingException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingError',
  'ThrottlingException',
  'TooManyRequestsException',
])
const TIMEOUTS: ReadonlySet<string> = new Set([
  'AbortError',
  'QueryTimeoutException',
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
])
const DENIED =
  /^(AccessDenied|UnauthorizedException|UnrecognizedClient|InvalidSignature|ExpiredToken|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|CredentialsProviderError|KMSAccessDenied|KMSDisabled|KMSInvalidState|KMSOptIn|KMSNotFound|InvalidKMSResource)/
const MISSING = /^(ResourceNotFound|EntityNotFound|NoSuch|NotFound$|SecretNotFound)/
const TRANSIENT =
  /^(Internal(Failure|Server|Service)?(Error|Failure|Exception)?$|ServiceUnavailable|TransactionInProgress|DatabaseConnection)/
/** Of Node and its resolver. */
const NETWORK =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_HTTP2_|HPE_)/

/** What the SDK puts on its errors, as far as it is used here. */
type SdkError = Error & {
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $retryable?: { readonly throttling?: boolean }
}

/** Classifies a thrown value of an SDK call. What is not known counts as `refused`: it is not repeated. */
export function failureKind(error: unknown): FailureKind {
  if (!(error instanceof Error)) return 'refused'
  const { name, code, $metadata, $retryable } = error as SdkError
  const status = $metadata?.httpStatusCode ?? 0
  const kind = kindOfName(name)
  if (kind !== undefined) return kind
  if (status === 429 || $retryable?.throttling === true) return 'throttle'
  if (code === 'ETIMEDOUT') return 'timeout'
  if (typeof code === 'string' && NETWORK.test(code)) return 'transient'
  if (status >= 500) return 'transient'
  if (status === 403) return 'denied'
  return 'refused'
}

/**
 * Classifies an error by its name alone, as the positional answers of batch calls give it; undefined when it
 * is not known.
 */
export function kindOfName(name: string): FailureKind | undefined {
  if (THROTTLES.has(name)) return 'throttle'
  if (TIMEOUTS.has(name)) return 'timeout'
  if (DENIED.test(name)) return 'denied'
  if (MISSING.test(name)) return 'missing'
  if (TRANSIENT.test(name)) return 'transient'
  return undefined
}

/** True when the same call can succeed a moment later. */
export function passes(kind: FailureKind): boolean {
  return kind === 'throttle' || kind === 'timeout' || kind === 'transient'
}

/**
 * A failure of an AWS call as an error of the platform, the original as its cause. Errors that have a code
 * already stay as they are.
 *
 * @param what names the call and the resource, as in `put records to stream tributary-dev`; never a key or
 * event data
 */
export function awsError(error: unknown, what: string): TributaryError {
  if (error instanceof TributaryError) return error
  const kind = failureKind(error)
  const name = error instanceof Error ? error.name : String(error)
  return new TributaryError(CODES[kind], `AWS did not ${what} (${name})${REMEDIES[kind] ?? ''}`, {
    cause: error,
  })
}
