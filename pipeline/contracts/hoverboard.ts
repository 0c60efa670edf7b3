import Type from 'typebox'
import { defineContract } from '../../core/declare/contract.ts'
import { location } from '../location.ts'

export default defineContract({
  type: 'com.tributary.hoverboard',
  version: 1,
  title: 'Hoverboard report',
  description: 'What a hoverboard reports about itself every five seconds.',
  partitionBy: ['id'],
  scale: 6,
  data: Type.Object({
    id: Type.Integer(),
    elevation: Type.Number(),
    temperature: Type.Union([Type.Number(), Type.Null()]),
    humidity: Type.Number(),
    charge: Type.Number(),
    speed: Type.Number(),
    weight: Type.Number(),
    acceleration: Type.Number(),
    magnetic_field: Type.Number(),
    location,
    is_docked: Type.Boolean(),
  }),
})
