import Type from 'typebox'
import { defineContract } from '../../../../core/declare/contract.ts'

/** A step that somebody takes, as each client sends it. */
export default defineContract({
  type: 'com.example.step',
  version: 1,
  partitionBy: ['client'],
  scale: 2,
  data: Type.Object({ client: Type.String(), n: Type.Integer({ minimum: 0 }), price: Type.Number() }),
})
