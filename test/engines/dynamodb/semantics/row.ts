import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Dynamodb } from '../../dynamodb.ts'
import type { Throttle } from '../context.ts'
import type { Emulator } from '../emulators.ts'

/** What a row may work with: a client, and an empty table with the keys `pk` and `sk`. */
export type Bench = {
  readonly client: DynamoDBClient
  readonly table: string
  readonly createTable: Dynamodb['createTable']
  /** Only the double throttles when told. */
  readonly throttle: (which: Throttle) => void
}

/** Something that the drivers rely on DynamoDB for. */
export type Row = {
  /** A sentence. */
  readonly name: string
  /** Whose word it is: a document of AWS. */
  readonly document: string
  /** Works on a table and returns what is seen. */
  readonly observe: (bench: Bench) => Promise<unknown>
  readonly expected: unknown
  /** What an emulator does instead, where it does not show this. */
  readonly gaps?: Readonly<Partial<Record<Emulator, string>>>
}

type Failure = {
  readonly name: string
  readonly Item?: unknown
  readonly CancellationReasons?: readonly { readonly Code?: string }[]
}

/** The name of the error that a call fails with, or `done`. */
export async function outcome(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: Failure) => error.name,
  )
}

export async function failure(call: Promise<unknown>): Promise<Failure> {
  return call.then(
    () => ({ name: 'done' }),
    (error: Failure) => error,
  )
}

export const S = (text: string) => ({ S: text })
export const N = (text: string) => ({ N: text })
export const key = (sk: string, pk = 'a') => ({ pk: S(pk), sk: S(sk) })
