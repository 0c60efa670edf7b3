import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type Key, readKeys } from '../../core/access/read-keys.ts'
import { TributaryError, toTributaryError } from '../../core/errors.ts'
import { retrying, timeLeftOf } from '../aws/retry.ts'

/**
 * How long keys are remembered, ms: a key that was removed goes on working for so long (and while API Gateway
 * remembers it).
 */
const REMEMBERED_MS = 60_000

/**
 * The keys in a secret of AWS Secrets Manager: a JSON object as core/access/read-keys.ts reads it. When they
 * cannot be read anew, the ones known are used on; without any, it fails.
 *
 * @throws TributaryError `invalid_setting` for a secret of another form (never showing it), or of AWS
 */
export function createSecretsManagerKeys(options: {
  readonly client: SecretsManagerClient
  readonly secret: string
  /** Patience with the read, ms. */
  readonly patienceMs: number
  /** Is told when known keys are used because new ones cannot be read. */
  readonly report: (failure: unknown) => void
  readonly now: () => number
}): () => Promise<readonly Key[]> {
  const { now, report } = options
  let known: { readonly keys: readonly Key[]; readonly until: number } | undefined
  return async () => {
    if (known !== undefined && now() < known.until) return known.keys
    try {
      known = { keys: await keysOf(options), until: now() + REMEMBERED_MS }
    } catch (failure) {
      if (known === undefined) throw failure
      report(failure)
    }
    return known.keys
  }
}

type Source = Pick<Parameters<typeof createSecretsManagerKeys>[0], 'client' | 'secret' | 'patienceMs'>

async function keysOf({ client, secret, patienceMs }: Source): Promise<readonly Key[]> {
  const { SecretString } = await retrying(
    abortSignal => client.send(new GetSecretValueCommand({ SecretId: secret }), { abortSignal }),
    { what: `read the keys in secret ${secret}`, timeLeft: timeLeftOf(patienceMs), attempts: 3 },
  )
  try {
    return readKeys(jsonOnly(SecretString ?? ''))
  } catch (cause) {
    throw malformed(secret, toTributaryError(cause))
  }
}

/** A list of `scope:secret` would have no names. */
function jsonOnly(text: string): string {
  if (text.trimStart().startsWith('{')) return text
  throw new TributaryError('invalid_setting', 'it is no JSON object')
}

function malformed(secret: string, cause: TributaryError): TributaryError {
  return new TributaryError(
    'invalid_setting',
    `secret ${secret} must be a JSON object such as {"write-shop": "<secret>", "read-bi": "<secret>"}: ${cause.message}`,
    { cause },
  )
}
