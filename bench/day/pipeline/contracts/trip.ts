import Type from 'typebox'
import { defineContract } from '../../../../core/declare/contract.ts'

/** The sample's trip without what takes most of its room: two places with six decimals, and instants. */
export default defineContract({
  type: 'com.tributary.trip',
  version: 1,
  title: 'Trip',
  partitionBy: ['hoverboard_id', 'customer_id'],
  subject: 'customer_id',
  data: Type.Object({
    hoverboard_id: Type.Integer(),
    customer_id: Type.Integer(),
    trip_duration: Type.Number({ description: 'Minutes', multipleOf: 0.1 }),
  }),
})
