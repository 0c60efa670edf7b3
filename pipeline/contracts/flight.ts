import Type from 'typebox'
import { defineContract } from '../../core/declare/contract.ts'

export default defineContract({
  type: 'com.tributary.flight',
  version: 1,
  title: 'Flight',
  description: 'One flight of a US airline; npm run demo streams three million real ones of 2001.',
  partitionBy: ['origin'],
  data: Type.Object({
    origin: Type.String({ minLength: 3, maxLength: 4 }),
    destination: Type.String({ minLength: 3, maxLength: 4 }),
    distance: Type.Integer({ description: 'Miles' }),
    delay: Type.Integer({ description: 'Minutes late at arrival; negative: early' }),
  }),
})
