import Type from 'typebox'
import { expect, test } from 'vitest'
import { count } from '../../../core/declare/measures.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { compileAcceptor } from '../../../core/event/accept.ts'
import { LONGEST_GROUP } from '../../../core/event/group-limit.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'

const type = 'com.example.visit'
const data = Type.Object({ url: Type.String(), body: Type.Optional(Type.String()) })
const metric = { name: 'visits', type, window: 'day', by: ['url'], measures: { n: count() } } as const
const pipeline = compilePipeline({
  contracts: [{ file: 'c', declaration: { type, version: 1, partitionBy: ['url'], data } }],
  metrics: [{ file: 'm', declaration: metric }],
  schedules: [],
})
const accept = compileAcceptor(pipeline, createAjvValidators())
const visit = (data: object) =>
  accept({ specversion: '1.0', id: '1', source: '/t', type, time: '2026-01-31T12:00:00Z', data }, 0)

/** Bytes of `{"url":""}`. */
const AROUND = 10

test.each(['a', 'é', '\u0001', '😀'])(
  'a group of %j is taken up to the longest that every view holds',
  text => {
    const bytes = Buffer.byteLength(JSON.stringify(text)) - 2
    const most = Math.floor((LONGEST_GROUP - AROUND) / bytes)
    expect(visit({ url: text.repeat(most) }).kind).toBe('accepted')
    expect(visit({ url: text.repeat(most + 1) })).toMatchObject({
      kind: 'rejected',
      rejection: { code: 'too_large', detail: expect.stringContaining('metric visits groups by url') },
    })
  },
)

test('a text that nothing groups by may be as long as an event', () => {
  expect(visit({ url: '/', body: 'x'.repeat(900_000) }).kind).toBe('accepted')
})
