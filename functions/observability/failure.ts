import { TributaryError } from '../../core/errors.ts'

/** What the log says of an error. */
export type LoggedFailure = {
  readonly name: string
  readonly message?: string
  /** Status of the AWS call that failed, and the id that AWS support asks for. */
  readonly aws?: { readonly status: number | undefined; readonly requestId: string | undefined }
  /** Where it was thrown, without its message. */
  readonly stack?: readonly string[]
  readonly cause?: LoggedFailure
}

type AwsError = Error & { $metadata?: { httpStatusCode?: number; requestId?: string } }

/**
 * Characters of a message that Step Functions is told. What failed in a Map travels on in the state of the
 * run, which ends at 256 KiB: so a hundred of them fit (steps/batch/limits.ts).
 */
const LONGEST_TOLD = 500
/** Causes within causes that are logged. */
const MAX_DEPTH = 4

/**
 * An error as the log may have it. The message is kept where it is known to hold no event data and no key: of
 * our own errors, of AWS services and of Node's system calls. A message of anything else may quote its input,
 * as those of `JSON.parse` do.
 */
export function loggedFailure(error: unknown, depth = 0): LoggedFailure {
  if (!(error instanceof Error)) return { name: typeof error }
  const { $metadata } = error as AwsError
  return {
    name: error.name,
    ...(isSpeakable(error) && { message: error.message }),
    ...($metadata !== undefined && {
      aws: { status: $metadata.httpStatusCode, requestId: $metadata.requestId },
    }),
    ...(depth === 0 && { stack: framesOf(error) }),
    ...(error.cause !== undefined && depth < MAX_DEPTH && { cause: loggedFailure(error.cause, depth + 1) }),
  }
}

/**
 * The error that Lambda and Step Functions are told, which write it down: the same code, without causes, and
 * without a message that the log may not have either.
 */
export function toldFailure(error: TributaryError): TributaryError {
  const message = isSpeakable(error) ? error.message : 'see the log of the function'
  const detail = message.slice(0, LONGEST_TOLD)
  const told = new TributaryError(error.code, detail)
  // The runtime logs and answers with the stack, whose first line would be the message it was made with. The
  // frames are in the log already.
  told.stack = `${told.name}: ${detail}`
  return told
}

/** `internal` is what a foreign error becomes: its message is the foreign one. */
function isSpeakable(error: Error): boolean {
  if (error instanceof TributaryError) return error.code !== 'internal' || error.cause === undefined
  return (error as AwsError).$metadata !== undefined || 'syscall' in error
}

function framesOf({ stack }: Error): readonly string[] {
  return (stack ?? '')
    .split('\n')
    .filter(line => line.startsWith('    at '))
    .map(line => line.trimEnd())
}
