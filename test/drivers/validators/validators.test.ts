import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { defineContract } from '../../../core/declare/contract.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import type { Declarations } from '../../../drivers/pipeline/folder.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'
import { createStandaloneValidators } from '../../../drivers/validators/standalone.ts'
import { written } from './written.ts'

const declarations = declared(
  Type.Object({
    whole: Type.Optional(Type.Integer()),
    price: Type.Optional(Type.Number({ multipleOf: 0.01 })),
    ratio: Type.Optional(Type.Number()),
    at: Type.Optional(Type.String({ format: 'date-time' })),
    day: Type.Optional(Type.String({ format: 'date' })),
    email: Type.Optional(Type.String({ format: 'email' })),
    multipleOf: Type.Optional(Type.Number()),
    name: Type.Optional(Type.String({ maxLength: 3, pattern: '^\\p{L}+$' })),
    tags: Type.Optional(Type.Array(Type.String(), { uniqueItems: true })),
    closed: Type.Optional(
      Type.Object(
        { a: Type.String(), inner: Type.Optional(Type.Object({ b: Type.String() })) },
        { additionalProperties: false },
      ),
    ),
    typed: Type.Optional(
      Type.Object({ a: Type.Optional(Type.String()) }, { additionalProperties: Type.Integer() }),
    ),
    contact: Type.Optional(
      Type.Object(
        { phone: Type.Optional(Type.String()), mail: Type.Optional(Type.String()) },
        { anyOf: [{ required: ['phone'] }, { required: ['mail'] }] },
      ),
    ),
  }),
)
const contract = compilePipeline(declarations).contracts[0]!

describe.each([
  ['ajv', createAjvValidators()],
  ['standalone', (await written(declarations)).validators],
])('the validator of a contract (%s)', (_engine, validators) => {
  const validate = validators.validatorOf(contract)

  it.each([
    [{ whole: Number.MAX_SAFE_INTEGER }],
    [{ price: 0.07 }],
    [{ price: 123456789012345.67 }],
    [{ ratio: 999999999998.9999 }],
    [{ at: '2026-01-31T12:00:00+02:00' }],
    [{ day: '2026-01-31', email: 'someone@example.org' }],
    [{ multipleOf: 3 }],
    [{ name: 'né𝒳' }],
    [{ tags: ['a', 'b'] }],
    [{ contact: { mail: 'a' } }],
    [{ closed: { a: 'x', inner: { b: 'x', other: 1 } }, typed: { a: 'x', n: 1 }, unheard: 'of' }],
  ])('accepts %j', data => {
    expect(validate(data)).toBeUndefined()
  })

  it.each([
    [{ whole: 2 ** 53 }, 'unsafe_integer', '/data/whole'],
    [{ whole: -(2 ** 53) }, 'unsafe_integer', '/data/whole'],
    [{ whole: 1.5 }, 'schema_violation', '/data/whole'],
    [
      { closed: { a: 'x', b: 's3cret' } },
      'schema_violation',
      '/data/closed must not have "b", which is not decl',
    ],
    [{ closed: { a: 'x', ['k'.repeat(500)]: 1 } }, 'schema_violation', `"${'k'.repeat(100)}", which`],
    [{ typed: { n: 'text' } }, 'schema_violation', '/data/typed/n must be integer'],
    [{ price: 0.075 }, 'schema_violation', 'multiple of 0.01'],
    [{ price: 1e300 }, 'out_of_range', '/data/price'],
    [{ price: 1e16 }, 'out_of_range', '/data/price'],
    [{ ratio: 1e12 }, 'out_of_range', '/data/ratio'],
    [{ ratio: -1e12 }, 'out_of_range', '/data/ratio'],
    [{ at: '2026-02-30T12:00:00Z' }, 'schema_violation', '/data/at'],
    [{ at: '2026-01-31T23:59:60Z' }, 'schema_violation', '/data/at'],
    [{ day: '2026-02-30' }, 'schema_violation', '/data/day'],
    [{ email: 'nobody' }, 'schema_violation', '/data/email'],
    [{ multipleOf: 'three' }, 'schema_violation', '/data/multipleOf'],
    [{ name: 'four' }, 'schema_violation', '/data/name'],
    [{ name: 'a1' }, 'schema_violation', '/data/name'],
    [{ tags: ['a', 'a'] }, 'schema_violation', '/data/tags'],
    [{ contact: {} }, 'schema_violation', '/data/contact'],
    [undefined, 'schema_violation', '/data'],
  ])('refuses %j with %s, naming the place', (data, code, place) => {
    expect(validate(data)).toMatchObject({ code, detail: expect.stringContaining(place) })
  })

  it('never repeats the value that is wrong', () => {
    expect(validate({ at: 'a secret' })?.detail).not.toContain('a secret')
  })
})

it('a contract that was not there at packaging is named', () => {
  expect(() => createStandaloneValidators({}).validatorOf(contract)).toThrow(
    /com\.example\.test 1 has no written validator/,
  )
})

it('a declaration that JSON cannot carry is refused at packaging, not missed on Lambda', async () => {
  const odd = declared({ ...Type.Object({ whole: Type.Integer() }), default: new Date(0) } as never)
  await expect(written(odd)).rejects.toThrow(/test: holds something that is not plain data/)
})

function declared(data: Parameters<typeof defineContract>[0]['data']): Declarations {
  const declaration = defineContract({
    type: 'com.example.test',
    version: 1,
    partitionBy: ['whole'],
    scale: 6,
    data,
  })
  return { contracts: [{ file: 'test', declaration }], metrics: [], schedules: [] }
}
