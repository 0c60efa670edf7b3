import Type from 'typebox'
import { defineContract } from '../../../../core/declare/contract.ts'

/** Data of every kind of JSON, with an optional field for clients that send less. */
export default defineContract({
  type: 'com.example.note',
  version: 1,
  partitionBy: ['author'],
  scale: 2,
  data: Type.Object({
    author: Type.String({ minLength: 1 }),
    text: Type.String(),
    n: Type.Integer(),
    price: Type.Number(),
    ok: Type.Boolean(),
    tags: Type.Array(Type.String()),
    place: Type.Object({ city: Type.String() }),
    extra: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
})
