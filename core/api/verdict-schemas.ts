import * as Type from 'typebox'
import { anything } from './schemas.ts'

/** Schemas of what sending events would come to. */

const text = Type.String()
const count = Type.Integer({ minimum: 0 })
const textOrNull = Type.Union([text, Type.Null()])

const common = { index: count, id: textOrNull, type: textOrNull }
const accepted = Type.Object({
  ...common,
  verdict: Type.Literal('accepted'),
  version: Type.Integer({ minimum: 1, description: 'Of the contract that it was judged by' }),
  partition: count,
  rounded: Type.Boolean({ description: 'A number in it has more decimal places than its contract keeps' }),
  undeclared: Type.Array(text, { description: 'Fields of its data that the contract does not name' }),
  event: anything,
})
const rejected = Type.Object({
  ...common,
  verdict: Type.Literal('rejected'),
  ...{ code: text, detail: text },
  place: Type.String({ description: 'JSON pointer into the event; empty: the event as a whole' }),
  remedy: text,
})
/** The answer to POST /v1/events/check. */
export const Verdicts = Type.Object({ verdicts: Type.Array(Type.Union([accepted, rejected])) })
