import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonSchema } from '../../../core/data/fields.ts'
import { loadDeclarations, loadPipeline } from '../../../drivers/pipeline/folder.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'
import { HOSTILE, SAMPLE } from '../../declared.ts'
import { written } from './written.ts'

describe.each([
  ['sample', SAMPLE],
  ['hostile', HOSTILE],
])('the written contracts of the %s pipeline', async (_name, folder) => {
  const pipeline = await loadPipeline(folder)
  const compiled = await written(await loadDeclarations(folder))

  it('are the pipeline that the folder declares', () => {
    expect(plain(compiled.pipeline)).toEqual(plain(pipeline))
    expect([...compiled.pipeline.latest.keys()]).toEqual([...pipeline.latest.keys()])
    expect([...compiled.pipeline.metricsOf.keys()]).toEqual([...pipeline.metricsOf.keys()])
  })

  it.each(pipeline.contracts.map(contract => [contract.type, contract] as const))(
    'say of any data of %s what Ajv says, in the same words',
    (_type, contract) => {
      const ajv = createAjvValidators().validatorOf(contract)
      const standalone = compiled.validators.validatorOf(contract)
      fc.assert(
        fc.property(dataOf(contract.data), data => {
          expect(standalone(data)).toEqual(ajv(data))
        }),
        { numRuns: 1000 },
      )
    },
  )
})

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 70 }),
  fc.constantFrom('', 'on', 'A', 'someone@example.org', '2026-02-29T00:00:00Z', '2026-01-31T23:59:60Z'),
  fc.date({ noInvalidDate: true }).map(date => date.toISOString()),
)
const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.integer({ min: -20_000, max: 20_000 }).map(cents => cents / 100),
  fc.constantFrom(2 ** 53, -(2 ** 53), 2 ** 53 - 1, 1e12, -1e12, 1e-15, 90, -90.000001, -0),
)

/** Data that is mostly what the schema asks for, and now and then something else, at any place. */
function dataOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 12, arbitrary: rightOf(schema) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  )
}

function rightOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined) return fc.oneof(...alternatives.map(dataOf))
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.properties !== undefined) return recordOf(schema.properties)
  const types = [schema.type ?? 'null'].flat()
  return fc.oneof(...types.map(ofType))
}

function recordOf(properties: Readonly<Record<string, JsonSchema>>): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, schema]) => [name, dataOf(schema)] as const)
  const whole = fc.record(Object.fromEntries(fields))
  const partial = fc.record(Object.fromEntries(fields), { requiredKeys: [] })
  const more = fc.tuple(partial, fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }))
  return fc.oneof(
    { weight: 3, arbitrary: whole },
    partial,
    more.map(([some, other]) => ({ ...some, ...other })),
  )
}

function ofType(type: string): fc.Arbitrary<unknown> {
  if (type === 'integer' || type === 'number') return number
  if (type === 'string') return text
  if (type === 'boolean') return fc.boolean()
  return fc.constant(null)
}
