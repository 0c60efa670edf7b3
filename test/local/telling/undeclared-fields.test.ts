import { expect, test } from 'vitest'
import { compileAcceptor } from '../../../core/event/accept.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'
import { createEventCounts } from '../../../local/metrics/event-counts.ts'
import { createUndeclaredFields } from '../../../local/telling/undeclared-fields.ts'
import { createIngest } from '../../../steps/ingest.ts'
import { pipeline } from '../test-platform.ts'

test('each field is one line of the log, whoever of the judges finds it, and stands in health', () => {
  const lines: unknown[] = []
  const { note, list } = createUndeclaredFields({ warn: (fields: unknown) => void lines.push(fields) })
  const type = 'com.example.order'
  note([{ type, names: ['cupon'] }])
  note([{ type, names: ['cupon', 'colour'] }])
  note([{ type, names: ['cupon', 'colour'] }])
  note([{ type: 'com.example.visit', names: ['cupon'] }])
  expect(lines).toMatchObject([
    { type, fields: ['cupon'], remedy: expect.stringMatching(/declare them/) },
    { type, fields: ['colour'] },
    { type: 'com.example.visit', fields: ['cupon'] },
  ])
  expect([...list()].map(([name, fields]) => [name, [...fields]])).toEqual([
    [type, ['cupon', 'colour']],
    ['com.example.visit', ['cupon']],
  ])
})

test('what comes in is told of by its type and names, and the values are told to nobody', async () => {
  const lines: string[] = []
  const warn = (fields: unknown, text?: string) => void lines.push(JSON.stringify([fields, text]))
  const undeclared = createUndeclaredFields({ warn })
  const ingest = createEventCounts(undeclared).counted(
    createIngest({
      accept: compileAcceptor(pipeline, createAjvValidators()),
      stream: { put: async records => records.map(() => ({ kind: 'stored' }) as const) },
      rejected: { put: () => Promise.resolve() },
      ...{
        now: Date.now,
        epochLength: 3_600_000,
        partitionsAt: () => ({ first: 0, count: 16 }),
        process: 'test00',
      },
    }),
  )
  const customer = (id: string, more: object) => ({
    ...{ specversion: '1.0', id, source: '/test', type: 'com.tributary.customer' },
    time: new Date().toISOString(),
    data: {
      id: 1,
      customer_name: { first_name: 'Ada', last_name: 'Lovelace' },
      customer_email: 'ada@example.org',
      customer_location: { longitude: 13.4, latitude: 52.5 },
      ...more,
    },
  })
  const { accepted } = await ingest([customer('1', {}), customer('2', { phone: '0049-30' })])
  for (let n = 3; n < 100; n++) await ingest([customer(String(n), { phone: '0049-30' })])
  expect(accepted).toBe(2)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/com\.tributary\.customer.*"phone"/)
  expect(lines[0]).not.toContain('0049')
})
