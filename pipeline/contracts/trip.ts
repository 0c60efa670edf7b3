import Type from 'typebox'
import { defineContract } from '../../core/declare/contract.ts'
import { location } from '../location.ts'

const instant = Type.String({ format: 'date-time' })

export default defineContract({
  type: 'com.tributary.trip',
  version: 1,
  title: 'Trip',
  description: 'One ride of a customer on a hoverboard, reported when it ends.',
  partitionBy: ['hoverboard_id', 'customer_id'],
  subject: 'customer_id',
  scale: 6,
  data: Type.Object({
    hoverboard_id: Type.Integer(),
    customer_id: Type.Integer(),
    trip_duration: Type.Number({ description: 'Minutes' }),
    start_location: location,
    end_location: location,
    start_time_and_date: Type.Union([instant, Type.Null()]),
    end_time_and_date: instant,
  }),
})
