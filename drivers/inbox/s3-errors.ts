import { TributaryError } from '../../core/errors.ts'

/** What S3 says of an object in an archive class (S3 API reference, GetObject and CopyObject). */
const ARCHIVED = /^InvalidObjectState$/
/** Of one that the function's role may not read, or whose key it may not use or that is gone. */
const LOCKED = /^AccessDenied|^KMS|^InvalidKMS/

/**
 * A failure of one object of the inbox, with the remedy. The role of the stack may read and move what is
 * encrypted as the bucket encrypts; a message about a missing permission would send its reader to the wrong
 * place.
 *
 * @param done what could not be done with it, as in `read`
 */
export function ofTheObject(error: unknown, done: string): unknown {
  const name = nameOf(error)
  const remedy = ARCHIVED.test(name)
    ? 'it is in an archive class: restore it and copy it over itself in the class STANDARD, or put it in again'
    : LOCKED.test(name)
      ? "it is encrypted under a key that is not the platform's, belongs to another account, or is locked: " +
        'put it in again without a key of its own'
      : undefined
  if (remedy === undefined) return error
  return new TributaryError('storage_failed', `it cannot be ${done} (${name}); ${remedy}`, { cause: error })
}

/** How AWS calls it: of the SDK's error, which the drivers keep as the cause. */
function nameOf(error: unknown): string {
  const cause = error instanceof TributaryError ? error.cause : error
  return cause instanceof Error ? cause.name : ''
}
