import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { defineContract } from '../../../core/contract.ts'
import { type Contract, compilePipeline } from '../../../core/pipeline.ts'
import { ajvValidators } from '../../../drivers/validators/ajv.ts'

const contract = compiled(
  Type.Object({
    whole: Type.Optional(Type.Integer()),
    price: Type.Optional(Type.Number({ multipleOf: 0.01 })),
    ratio: Type.Optional(Type.Number()),
    at: Type.Optional(Type.String({ format: 'date-time' })),
    multipleOf: Type.Optional(Type.Number()),
  }),
)
const validate = ajvValidators().validatorOf(contract)

describe('the validator of a contract', () => {
  it.each([
    [{ whole: Number.MAX_SAFE_INTEGER }],
    [{ price: 0.07 }],
    [{ price: 123456789012345.67 }],
    [{ ratio: 999999999998.9999 }],
    [{ at: '2026-01-31T12:00:00+02:00' }],
    [{ multipleOf: 3 }],
  ])('accepts %j', data => {
    expect(validate(data)).toBeUndefined()
  })

  it.each([
    [{ whole: 2 ** 53 }, 'unsafe_integer', '/data/whole'],
    [{ whole: -(2 ** 53) }, 'unsafe_integer', '/data/whole'],
    [{ whole: 1.5 }, 'schema_violation', '/data/whole'],
    [{ price: 0.075 }, 'schema_violation', 'multiple of 0.01'],
    [{ price: 1e300 }, 'out_of_range', '/data/price'],
    [{ price: 1e16 }, 'out_of_range', '/data/price'],
    [{ ratio: 1e12 }, 'out_of_range', '/data/ratio'],
    [{ ratio: -1e12 }, 'out_of_range', '/data/ratio'],
    [{ at: '2026-02-30T12:00:00Z' }, 'schema_violation', '/data/at'],
    [{ at: '2026-01-31T23:59:60Z' }, 'schema_violation', '/data/at'],
    [{ multipleOf: 'three' }, 'schema_violation', '/data/multipleOf'],
    [undefined, 'schema_violation', '/data'],
  ])('refuses %j with %s, naming the place', (data, code, place) => {
    expect(validate(data)).toMatchObject({ code, detail: expect.stringContaining(place) })
  })

  it('never repeats the value that is wrong', () => {
    expect(validate({ at: 'a secret' })?.detail).not.toContain('a secret')
  })
})

function compiled(data: Parameters<typeof defineContract>[0]['data']): Contract {
  const declaration = defineContract({
    type: 'com.example.test',
    version: 1,
    partitionBy: ['whole'],
    scale: 6,
    data,
  })
  const { contracts } = compilePipeline({
    contracts: [{ file: 'test', declaration }],
    metrics: [],
    schedules: [],
  })
  return contracts[0]!
}
