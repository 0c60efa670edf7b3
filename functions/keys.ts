import type { Access, Types } from '../core/access/access.ts'
import type { ManagedKey } from '../core/access/managed-key.ts'
import { formatInstant } from '../core/data/time.ts'
import { TributaryError } from '../core/errors.ts'
import type { ManagedKeys } from '../core/ports/callers/managed-keys.ts'
import { makeKey, type SignerWanted } from '../steps/make-key.ts'
import { type HttpEvent, type HttpResponse, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { jsonObject } from './middleware/json-body.ts'

export type KeysDeps = {
  /** Keys that are made here. */
  readonly managedKeys: ManagedKeys
  /** Keys that were set. */
  readonly setKeys: () => Promise<readonly Access[]>
  /** ms since 1970. */
  readonly now: () => number
}

/** GET /v1/keys, POST /v1/keys and DELETE /v1/keys/{name}. */
export function createHandler(deps: KeysDeps): Work {
  return (event, access) => {
    switch (event.routeKey) {
      case 'GET /v1/keys':
        return list(deps)
      case 'DELETE /v1/keys/{name}':
        return revoke(deps, event.pathParameters?.['name'] ?? '')
      default:
        return make(deps, event, access)
    }
  }
}

/** An answer that has a secret, or says who may do what, is for nobody's cache. */
function unkept(statusCode: number, value: unknown): HttpResponse {
  const answer = json(statusCode, value)
  return { ...answer, headers: { ...answer.headers, 'cache-control': 'no-store' } }
}

async function list({ managedKeys, setKeys }: KeysDeps): Promise<HttpResponse> {
  const [set, made] = await Promise.all([setKeys(), managedKeys.list()])
  return unkept(200, { keys: [...set.map(shownSet), ...made.map(shownKey)] })
}

const MEMBERS = ['scope', 'where', 'expires', 'rate', 'events'] as const
const OF_SIGNERS = ['alg', 'publicKey', 'audience', 'requires', 'longest'] as const

async function make(deps: KeysDeps, event: HttpEvent, by: Access): Promise<HttpResponse> {
  const { name, kind = 'key', ...given } = jsonObject(event, ['name', 'kind', ...MEMBERS, ...OF_SIGNERS])
  if (kind !== 'key' && kind !== 'signer') throw bad('"kind" has to be key or signer')
  const odd = OF_SIGNERS.find(member => given[member] !== undefined)
  if (kind === 'key' && odd !== undefined) throw bad(`"${odd}" is of signers: give "kind": "signer" with it`)
  const members = Object.fromEntries(MEMBERS.map(member => [member, given[member]]))
  const terms = Object.fromEntries(OF_SIGNERS.map(member => [member, given[member]])) as SignerWanted
  const signer = kind === 'signer' ? terms : undefined
  const ports = { made: deps.managedKeys, set: deps.setKeys, now: deps.now }
  const { key, secret } = await makeKey(ports, { name, members, signer }, by)
  return unkept(201, { ...shownKey(key), ...(secret !== undefined && { secret }) })
}

function bad(problem: string): TributaryError {
  return new TributaryError('bad_request', problem)
}

async function revoke({ managedKeys, setKeys }: KeysDeps, name: string): Promise<HttpResponse> {
  if (await managedKeys.remove(name)) return unkept(200, { revoked: name })
  const shown = name.slice(0, 100)
  if ((await setKeys()).some(key => key.name === name))
    throw new TributaryError(
      'conflict',
      `key ${shown} stands in the settings; take it out of them (TRIBUTARY_KEYS, on AWS the secret of keys)`,
    )
  throw new TributaryError('not_found', `there is no key ${shown}; GET /v1/keys lists them`)
}

function shownSet(access: Access) {
  return {
    ...{ name: access.name, kind: 'key', ...shownAccess(access) },
    ...{ madeAt: null, madeBy: null, usedAt: null, isSet: true },
  }
}

function shownKey({ name, access, madeAt, madeBy, usedAt, proof }: ManagedKey) {
  return {
    ...{ name, kind: proof.kind, ...shownAccess(access) },
    ...(proof.kind === 'signer' && {
      ...{ alg: proof.alg, audience: proof.audience },
      ...{ requires: proof.requires, longest: proof.longest },
    }),
    ...{ madeAt: formatInstant(madeAt), madeBy },
    ...{ usedAt: usedAt === undefined ? null : formatInstant(usedAt), isSet: false },
  }
}

function shownAccess({ write, read, isAdmin, isBrowser, where, expires, rate, events }: Access) {
  const scope = [
    ...(isAdmin ? ['admin'] : []),
    ...wordsOf(isBrowser ? 'browser' : 'write', write),
    ...wordsOf('read', read),
  ]
  return {
    ...{ scope, ...(where !== undefined && { where }) },
    ...(expires !== undefined && { expires: formatInstant(expires) }),
    ...(rate !== undefined && { rate }),
    ...(events !== undefined && { events }),
  }
}

function wordsOf(verb: string, types: Types | undefined): readonly string[] {
  if (types === undefined) return []
  return types === 'all' ? [verb] : types.map(type => `${verb}:${type}`)
}
