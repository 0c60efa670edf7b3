import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { TributaryError } from '../../../core/errors.ts'
import type { Marker } from './marker.ts'

export type MarkersTable = {
  readonly client: DynamoDBClient
  /** Table name. */
  readonly table: string
  /** Requests in flight at the same time. */
  readonly concurrency: number
  /** When a marker of an epoch may be deleted, seconds since 1970. */
  readonly expires: (epoch: number) => number
}

/** A marker under its key. */
export type Named = { readonly id: string; readonly marker: Marker }

/** `made`: it is stored now. `stands`: another (or the same, stored before) is there. `gone`: that one vanished meanwhile. */
export type Outcome =
  | { readonly kind: 'made' }
  | { readonly kind: 'stands'; readonly marker: Marker }
  | { readonly kind: 'gone' }

export function overloaded({ table }: Pick<MarkersTable, 'table'>, open: number): TributaryError {
  return new TributaryError('overloaded', `table ${table} did not take ${open} markers in time`)
}
