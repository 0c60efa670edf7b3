import Type from 'typebox'
import { defineContract } from '../../core/declare/contract.ts'
import { location } from '../location.ts'

export default defineContract({
  type: 'com.tributary.customer',
  version: 1,
  title: 'Customer report',
  description: 'Who a customer is and where, every thirty seconds.',
  partitionBy: ['id'],
  subject: 'id',
  sensitive: ['customer_name.first_name', 'customer_name.last_name', 'customer_email'],
  scale: 6,
  data: Type.Object({
    id: Type.Integer(),
    customer_name: Type.Object({
      first_name: Type.String({ maxLength: 22 }),
      last_name: Type.String({ maxLength: 22 }),
    }),
    customer_email: Type.String({ maxLength: 60, format: 'email' }),
    customer_location: location,
  }),
})
