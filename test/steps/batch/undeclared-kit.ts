import type { ContractDeclaration } from '../../../core/declare/contract.ts'
import { iso, type SentEvent, T0 } from './batch-kit.ts'

/** Events have fields that nobody declared when they came; the newest version declares them. */

export const type = 'com.example.item'

export function contract(version: number, properties: object): ContractDeclaration {
  const data = { type: 'object', required: ['id'], properties: { id: { type: 'string' }, ...properties } }
  return { type, version, partitionBy: ['id'], scale: 2, data: data as ContractDeclaration['data'] }
}

export const nullable = (type: string) => ({ type: [type, 'null'] })
export const objectOf = (properties: object) => ({ type: 'object', properties })
export const INSTANT = { type: 'string', format: 'date-time' }
export const FIELDS = {
  ...{ t: { type: 'string' }, at: INSTANT, n: { type: 'integer' } },
  ...{
    d: { type: 'number' },
    f: { type: 'number', multipleOf: 1e-6 },
    b: { type: 'boolean' },
    j: {},
    tn: nullable('string'),
    nn: nullable('integer'),
    atn: { type: ['string', 'null'], format: 'date-time' },
    bn: nullable('boolean'),
  },
  o: { type: ['object', 'null'], properties: { y: { type: 'integer' }, s: nullable('string') } },
}
export const VALUES = [
  ...['boom', '', '12.50', 'yesterday', '2026-01-31T12:00:00+05:00', '2026-01-31t12:00:00.1234567891z', '5'],
  ...[0, 5, 5.6, -1e15, 1e16, 1e30, 1e-7, 9_007_199_254_740_991, true, false, null],
  ...[[], [1], {}, { y: 5 }, { y: '5' }, { y: 5.5 }, { y: null }, { s: null }, { s: 7, y: 1 }],
] as const

export const event = (id: string, data: object): SentEvent & { readonly data: object } => {
  return { type, id, time: iso(T0), partition: 1, data: { id, ...data } }
}
