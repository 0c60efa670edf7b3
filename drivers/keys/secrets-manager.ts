import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { TributaryError } from '../../core/errors.ts'
import { createKeyRing, type KeyRing, parseKeys } from '../../core/keys.ts'
import { retrying, timeLeftOf } from '../aws/retry.ts'

/**
 * How long keys are remembered, ms: a key that was removed goes on working for so long (and while API Gateway
 * remembers it).
 */
const REMEMBERED_MS = 60_000

/**
 * The keys in a secret of AWS Secrets Manager: a JSON object whose names begin with a scope (`write`,
 * `read-bi`) and whose values are the keys' secrets. When they cannot be read anew, the ones known are used
 * on; without any, it fails.
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
}): () => Promise<KeyRing> {
  const { now, report } = options
  let known: { readonly ring: KeyRing; readonly until: number } | undefined
  return async () => {
    if (known !== undefined && now() < known.until) return known.ring
    try {
      known = { ring: await readKeys(options), until: now() + REMEMBERED_MS }
    } catch (failure) {
      if (known === undefined) throw failure
      report(failure)
    }
    return known.ring
  }
}

type Source = Pick<Parameters<typeof createSecretsManagerKeys>[0], 'client' | 'secret' | 'patienceMs'>

async function readKeys({ client, secret, patienceMs }: Source): Promise<KeyRing> {
  const { SecretString } = await retrying(
    abortSignal => client.send(new GetSecretValueCommand({ SecretId: secret }), { abortSignal }),
    { what: `read the keys in secret ${secret}`, timeLeft: timeLeftOf(patienceMs), attempts: 3 },
  )
  const keys = parseKeys(textsOf(secret, SecretString).join(','))
  if ('problem' in keys) throw malformed(secret, keys.problem)
  return createKeyRing(keys)
}

/** As a list of `scope:secret`. */
function textsOf(secret: string, json: string | undefined): readonly string[] {
  const value = parse(json ?? '')
  if (typeof value !== 'object' || value === null) throw malformed(secret, 'it is not a JSON object')
  return Object.entries(value).map(([name, key]) => `${name.split('-')[0]}:${String(key)}`)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // The parser's message quotes what it read, which is secret.
    return undefined
  }
}

function malformed(secret: string, problem: string): TributaryError {
  return new TributaryError(
    'invalid_setting',
    `secret ${secret} must be a JSON object such as {"write-shop": "<secret>", "read-bi": "<secret>"}: ${problem}`,
  )
}
