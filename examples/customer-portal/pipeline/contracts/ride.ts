import Type from 'typebox'
import { defineContract } from '../../../../core/declare/contract.ts'

export default defineContract({
  type: 'com.portal.ride',
  version: 1,
  title: 'Ride',
  partitionBy: ['customer_id'],
  data: Type.Object({ customer_id: Type.Integer(), destination: Type.String(), minutes: Type.Integer() }),
})
