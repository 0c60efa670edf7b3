import type { Column } from '../lake/column.ts'

/** Type of a value: as columns of the lake and the warehouse have it, and what only expressions are. */
export type ValueType =
  | Pick<Column, 'type' | 'scale' | 'precision'>
  | { readonly type: 'null' | 'interval'; readonly scale?: undefined; readonly precision?: undefined }

export const INTERVAL_UNITS = ['second', 'minute', 'hour', 'day'] as const
export type IntervalUnit = (typeof INTERVAL_UNITS)[number]

export type BinaryOperator =
  | 'and'
  | 'or'
  | '='
  | '<>'
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '||'

/** Order of the rows of a window. Where nulls stand is always said, as engines differ about it. */
export type OrderItem = {
  readonly by: Expression
  readonly descending: boolean
  readonly nulls: 'first' | 'last'
}

/** Rows of a window, of which bounds are `unbounded preceding`, `2 preceding`, `current row` and so on. */
export type Over = {
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly OrderItem[]
  readonly rows?: { readonly from: string; readonly to: string }
}

/** An expression of a model, with the line of its file that it is on. */
export type Expression = { readonly line: number } & (
  | { readonly kind: 'column'; readonly table: string | undefined; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string; readonly type: ValueType }
  | { readonly kind: 'interval'; readonly count: number; readonly unit: IntervalUnit }
  | { readonly kind: 'negative'; readonly operand: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'is-null'; readonly operand: Expression; readonly isNot: boolean }
  | {
      readonly kind: 'in'
      readonly operand: Expression
      readonly list: readonly Expression[]
      readonly isNot: boolean
    }
  | {
      readonly kind: 'between'
      readonly operand: Expression
      readonly low: Expression
      readonly high: Expression
      readonly isNot: boolean
    }
  | {
      readonly kind: 'like'
      readonly operand: Expression
      readonly pattern: Expression
      readonly isNot: boolean
    }
  | {
      readonly kind: 'case'
      readonly whens: readonly { readonly when: Expression; readonly result: Expression }[]
      readonly otherwise: Expression | undefined
    }
  | { readonly kind: 'cast'; readonly operand: Expression; readonly to: ValueType }
  | {
      readonly kind: 'call'
      readonly name: string
      readonly args: readonly Expression[]
      readonly isDistinct: boolean
      readonly filter: Expression | undefined
      readonly over: Over | undefined
    }
)

/**
 * What rows come from: a source (`curated.trip`, a model) or a part of the statement, or a query in place.
 */
export type From = { readonly line: number; readonly alias: string } & (
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'query'; readonly query: Query }
)

export type Join = {
  readonly kind: 'inner' | 'left' | 'cross'
  readonly from: From
  readonly on: Expression | undefined
}

export type Select = {
  readonly line: number
  readonly isDistinct: boolean
  readonly items: readonly { readonly name: string; readonly value: Expression }[]
  readonly from: From | undefined
  readonly joins: readonly Join[]
  readonly where: Expression | undefined
  readonly groupBy: readonly Expression[]
  readonly having: Expression | undefined
}

/** Selects whose rows are put together (UNION ALL). */
export type Query = { readonly selects: readonly Select[] }

/** A whole statement: named parts, each of which may read those before it, and what it gives. */
export type Statement = {
  readonly parts: readonly { readonly name: string; readonly query: Query }[]
  readonly query: Query
}
