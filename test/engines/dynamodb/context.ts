import { DynamodbError } from './errors.ts'
import type { Place, Store, Table } from './store.ts'
import type { Units } from './units.ts'

/** Says which writes and reads the table takes; true: this one is throttled. */
export type Throttle = (asked: {
  readonly operation: string
  readonly kind: 'read' | 'write'
  readonly table: string
  readonly key: string
}) => boolean

/** What a request works on, and what it has taken so far. */
export type Context = {
  readonly store: Store
  readonly operation: string
  readonly used: Units[]
  readonly throttle: Throttle
  readonly now: () => number
}

export type Input = Readonly<Record<string, unknown>>

export function isThrottled(context: Context, kind: Units['kind'], table: Table, place: Place): boolean {
  const asked = { operation: context.operation, kind, table: table.definition.name, key: place.text }
  return context.throttle(asked)
}

export function throttled(): DynamodbError {
  return new DynamodbError(
    'ProvisionedThroughputExceededException',
    'The level of configured provisioned throughput for the table was exceeded.',
  )
}

export function use(context: Context, kind: Units['kind'], table: Table, units: number): void {
  context.used.push({ kind, table: table.definition.name, units })
}
