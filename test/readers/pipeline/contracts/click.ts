import Type from 'typebox'
import { defineContract } from '../../../../core/declare/contract.ts'

/** Fields of every kind, some of them called like what readers or folders call their own. */
export default defineContract({
  type: 'com.example.click',
  version: 1,
  partitionBy: ['who'],
  scale: 2,
  data: Type.Object({
    who: Type.String(),
    n: Type.Integer(),
    type: Type.Optional(Type.String()),
    filename: Type.Optional(Type.String()),
    at: Type.Optional(Type.String({ format: 'date-time' })),
    price: Type.Optional(Type.Number()),
    ok: Type.Optional(Type.Boolean()),
    tags: Type.Optional(Type.Array(Type.String())),
  }),
})
