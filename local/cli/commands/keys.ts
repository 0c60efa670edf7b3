import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { TributaryError } from '../../../core/errors.ts'
import type { AnswerOf } from '../../../functions/table.ts'
import { type Connection, connect } from '../client.ts'
import { type Environment, print } from '../environment.ts'

export type MakeKeyFlags = Connection & {
  readonly scope: string
  readonly where?: readonly string[]
  readonly expires?: string
  readonly rate?: string
  readonly events?: string
  readonly signer?: boolean
  readonly publicKey?: string
  readonly audience?: string
  readonly requires?: string
  readonly longest?: string
}

type Key = AnswerOf<'GET /v1/keys'>['keys'][number]

/** `tributary keys list`. */
export async function listKeys(environment: Environment, flags: Connection): Promise<void> {
  const client = await connect(environment, flags)
  const answer = await client.call('GET /v1/keys')
  if (flags.json) return print(environment, JSON.stringify(answer))
  for (const key of answer.keys) print(environment, lineOf(key))
}

/** `tributary keys make`: prints the secret, which nobody can print again. */
export async function makeKey(environment: Environment, name: string, flags: MakeKeyFlags): Promise<void> {
  const client = await connect(environment, flags)
  const body = { name, ...(await wantedOf(flags)) }
  const made = await client.call('POST /v1/keys', { body })
  if (flags.json) return print(environment, JSON.stringify(made))
  print(environment, lineOf(made))
  if (made.secret !== undefined) print(environment, `secret, shown this once: ${made.secret}`)
}

/** `tributary keys revoke`. */
export async function revokeKey(environment: Environment, name: string, flags: Connection): Promise<void> {
  const client = await connect(environment, flags)
  const answer = await client.call('DELETE /v1/keys/{name}', { path: [name] })
  print(environment, flags.json ? JSON.stringify(answer) : `key ${answer.revoked} is revoked`)
}

async function wantedOf(flags: MakeKeyFlags): Promise<object> {
  const { scope, where, expires, rate, events, signer, publicKey, audience, requires, longest } = flags
  const pem = publicKey === undefined ? undefined : await textOf(publicKey)
  return {
    scope,
    ...(where !== undefined && { where: rowsOf(where) }),
    ...(expires !== undefined && { expires }),
    ...(rate !== undefined && { rate: Number(rate) }),
    ...(events !== undefined && { events: Number(events) }),
    ...((signer || pem !== undefined) && { kind: 'signer' }),
    ...(pem !== undefined && { alg: 'EdDSA', publicKey: pem }),
    ...(audience !== undefined && { audience }),
    ...(requires !== undefined && { requires: requires.split(',') }),
    ...(longest !== undefined && { longest: Number(longest) }),
  }
}

/** `customer_id=7` is a number, `region=EU` a text, `region="7"` the text of a digit. */
function rowsOf(given: readonly string[]): Readonly<Record<string, readonly unknown[]>> {
  const pairs = given.map(text => {
    const at = text.indexOf('=')
    if (at < 1) throw new TributaryError('invalid_setting', `--where "${text}" is not field=value`)
    return [text.slice(0, at), givenValue(text.slice(at + 1))] as const
  })
  const fields = Map.groupBy(pairs, ([field]) => field)
  return Object.fromEntries([...fields].map(([field, all]) => [field, all.map(([, value]) => value)]))
}

function givenValue(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? text : value
  } catch {
    return text
  }
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TributaryError('invalid_setting', `--public-key: ${path} cannot be read`, { cause })
  })
}

function lineOf(key: Omit<Key, 'isSet'> & Partial<Pick<Key, 'isSet'>>): string {
  const { name, kind, scope, where, expires, rate, events, madeAt, madeBy, usedAt, isSet, requires } = key
  const parts = [
    ...(kind === 'signer' ? [`signs tokens (${key.alg}) for`] : []),
    scope.join(' '),
    ...(where === undefined ? [] : [`where ${JSON.stringify(where)}`]),
    ...(requires === undefined || requires.length === 0 ? [] : [`each token limits ${requires.join(', ')}`]),
    ...(expires === undefined ? [] : [`until ${expires}`]),
    ...(rate === undefined ? [] : [`${rate} requests/s`]),
    ...(events === undefined ? [] : [`${events} events/day`]),
    isSet ? 'set' : `made ${madeAt} by ${madeBy}`,
    ...(isSet ? [] : [usedAt === null ? 'not used' : `used ${usedAt}`]),
  ]
  return `${name}  ${parts.join('  ')}`
}

type Remote = (parent: Command, usage: string, description: string) => Command
type Bind = <A extends unknown[]>(
  run: (environment: Environment, ...args: A) => Promise<void>,
) => (...args: A) => Promise<void>
type Collect = (one: string, all?: readonly string[]) => readonly string[]

/** The command `keys`. */
export function addKeys(program: Command, remote: Remote, bind: Bind, collect: Collect): void {
  const keys = program.command('keys').description('who may do what')
  remote(keys, 'list', 'list them; secrets are kept by nobody').action(bind(listKeys))
  remote(keys, 'make <name>', 'make a key, and print its secret this once')
    .requiredOption('--scope <words>', 'as in "write:com.example.* read"')
    .option('--where <field=value>', 'rows that it reads; repeatable', collect)
    .option('--expires <instant>', 'until when it holds')
    .option('--rate <n>', 'requests a second')
    .option('--events <n>', 'events a day')
    .option('--signer', 'make a signer of tokens for customers; the key is its limit')
    .option('--public-key <file>', 'its Ed25519 key in PEM, in place of a shared secret')
    .option('--requires <fields>', 'fields that each token limits, separated by commas')
    .option('--longest <seconds>', 'that a token may last (3600)')
    .option('--audience <text>', 'whom its tokens are for (tributary)')
    .action(bind(makeKey))
  remote(keys, 'revoke <name>', 'end a key, and the tokens it signed').action(bind(revokeKey))
}
