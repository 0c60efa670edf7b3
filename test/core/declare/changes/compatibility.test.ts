import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../../../core/data/fields.ts'
import { checkVersions } from '../../../../core/declare/changes/compatibility.ts'
import type { ContractDeclaration } from '../../../../core/declare/contract.ts'
import { compilePipeline } from '../../../../core/declare/pipeline.ts'

const base = {
  id: Type.Integer(),
  amount: Type.Number({ minimum: 0, maximum: 100 }),
  note: Type.Optional(Type.Union([Type.String({ maxLength: 20 }), Type.Null()])),
  state: Type.Enum(['open', 'paid']),
  place: Type.Object({ city: Type.String() }),
}

/** Problems from version 1 (`base`) to a version 2 with these changes; undefined removes a field. */
function problems(
  changes: Record<string, object | undefined>,
  more: Partial<ContractDeclaration> = {},
): string[] {
  const properties = Object.fromEntries(
    Object.entries({ ...base, ...changes }).filter(([, schema]) => schema !== undefined),
  )
  const declared = [base, properties].map((fields, i) => ({
    file: `v${i + 1}.ts`,
    declaration: {
      type: 'com.example.order',
      version: i + 1,
      partitionBy: ['id'],
      scale: 2,
      data: Type.Object(fields as never) as JsonSchema,
      ...(i === 1 && more),
    },
  }))
  const { contracts } = compilePipeline({ contracts: declared, metrics: [], schedules: [] })
  return checkVersions(contracts).map(({ field, problem }) => `${field} ${problem}`)
}

describe('a newer version is compatible when', () => {
  test.each<[string, Record<string, object | undefined>]>([
    ['nothing changes', {}],
    ['an optional field is added', { extra: Type.Optional(Type.String()) }],
    ['an integer becomes a number', { id: Type.Number() }],
    ['an integer becomes a number of many places', { id: Type.Number({ multipleOf: 1e-6 }) }],
    ['a bound is written in another way', { amount: Type.Number({ exclusiveMinimum: -1, maximum: 100 }) }],
    ['a limit is lifted', { amount: Type.Number() }],
    ['a value is added', { state: Type.Enum(['open', 'paid', 'gone']) }],
    ['a field becomes optional', { place: Type.Optional(Type.Object({ city: Type.String() })) }],
  ])('%s', (_name, changes) => expect(problems(changes)).toEqual([]))

  test('numbers keep more decimal places', () => {
    expect(problems({ amount: Type.Number() }, { scale: 6 })).toEqual([])
  })

  test('its events are partitioned by other fields, which is noted instead', () => {
    expect(problems({}, { partitionBy: ['state'] })).toEqual([])
  })
})

describe('a newer version is incompatible when', () => {
  test.each<[string, Record<string, object | undefined>, string]>([
    ['a field is gone', { amount: undefined }, 'amount is gone'],
    ['a nested field is gone', { place: Type.Object({}) }, 'place.city is gone'],
    ['a type changes', { amount: Type.String() }, 'amount was number and is string'],
    ['a required field is added', { extra: Type.String() }, 'extra is new and required'],
    [
      'a field becomes required',
      { note: Type.Union([Type.String({ maxLength: 20 }), Type.Null()]) },
      'note is now required',
    ],
    ['null is no longer taken', { note: Type.Optional(Type.String()) }, 'note no longer takes null'],
    [
      'a limit gets tighter',
      { amount: Type.Number({ minimum: 1, maximum: 100 }) },
      'amount minimum got tighter (0 → 1)',
    ],
    [
      'a limit is added',
      { place: Type.Object({ city: Type.String({ maxLength: 9 }) }) },
      'place.city maxLength got tighter (none → 9)',
    ],
    ['a value is gone', { state: Type.Enum(['open']) }, 'state no longer takes "paid"'],
    [
      'a pattern is added',
      { place: Type.Object({ city: Type.String({ pattern: '^x' }) }) },
      'place.city pattern was added',
    ],
    ['a step is added', { amount: Type.Number({ multipleOf: 0.01 }) }, 'amount multipleOf was added'],
    [
      'further properties are refused',
      { place: Type.Object({ city: Type.String() }, { additionalProperties: false }) },
      'place refuses further',
    ],
  ])('%s', (_name, changes, expected) => {
    expect(problems(changes)).toContainEqual(expect.stringContaining(expected))
  })

  test('decimal places get fewer', () => {
    expect(problems({}, { scale: 1 })).toContainEqual(
      expect.stringContaining('amount keeps 1 decimal places'),
    )
  })
})
