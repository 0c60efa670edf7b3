import fc from 'fast-check'
import { hostileInteger } from '../arbitraries.ts'
import { listed } from './texts.ts'
import type { Node, Written } from './written.ts'

const integer = (schema: Node, values: fc.Arbitrary<number>): Written => ({
  schema: { type: 'integer', ...schema },
  means: { kind: 'integer' },
  values,
})

const SAFE = Number.MAX_SAFE_INTEGER

export const integerField: fc.Arbitrary<Written> = fc.oneof(
  fc.constant(integer({}, hostileInteger)),
  fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.nat(1000)).map(([least, more]) => {
    const [min, max] = [least, least + more]
    return integer({ minimum: min, maximum: max }, fc.integer({ min, max }))
  }),
  fc.constant(integer({ exclusiveMinimum: 0 }, fc.integer({ min: 1, max: SAFE }))),
  fc.constantFrom(2, 5, 100).map(step =>
    integer(
      { multipleOf: step },
      fc.integer({ min: -1e6, max: 1e6 }).map(n => n * step),
    ),
  ),
  fc
    .uniqueArray(
      hostileInteger.map(n => n + 0),
      { minLength: 1, maxLength: 4 },
    )
    .map(values => integer({ enum: values }, fc.constantFrom(...values))),
)

/** Decimals of so many places whose double, written, is them: at most 15 digits. */
const decimals = (places: number, digits = 15) => {
  const most = 10 ** Math.min(digits, 15) - 1
  return fc
    .oneof(
      fc.integer({ min: -most, max: most }),
      fc.integer({ min: -2000, max: 2000 }),
      fc.constantFrom(0, 1, -1, 5, 50, most, -most),
    )
    .map(units => Number(`${units}e-${places}`) + 0)
}

/** Numbers of any places, within DECIMAL(18, scale); of any size where no scale is known. */
function anyNumbers(scale: number | undefined): fc.Arbitrary<number> {
  if (scale === undefined)
    return fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(0, -0, 5e-324, 1.7976931348623157e308, 1e21, 1e-7, 0.1, 123456789.125),
    )
  const most = 10 ** (18 - scale) * 0.999
  return fc.oneof(
    fc.double({ min: -most, max: most, noNaN: true }),
    decimals(scale, 15),
    fc.constantFrom(0, -0, 1e-7, 5e-7, -5e-7, 0.5, 2.5e-6, 0.15, 1.005, -1.005, 99.995),
  )
}

/** @param scale decimal places that the contract gives to numbers of no other */
export function numberField(scale: number | undefined): fc.Arbitrary<Written> {
  const number = (schema: Node, values: fc.Arbitrary<number>, places = scale): Written => ({
    schema: { type: 'number', ...schema },
    means: { kind: 'number', scale: places },
    values,
  })
  const values = anyNumbers(scale)
  return fc.oneof(
    fc.constant(number({}, values)),
    fc.nat(9).map(places => number({ multipleOf: Number(`1e-${places}`) }, decimals(places), places)),
    fc.constantFrom([0.25, 2], [0.05, 2], [2.5, 1]).map(([step, places]) =>
      number(
        { multipleOf: step },
        fc.integer({ min: -1e5, max: 1e5 }).map(n => Math.round(n * step! * 100) / 100),
        places,
      ),
    ),
    fc.constant(number({ minimum: 0, exclusiveMaximum: 100 }, fc.double({ min: 0, max: 99, noNaN: true }))),
    fc
      .uniqueArray(
        values.map(value => value + 0),
        { minLength: 1, maxLength: 4 },
      )
      .chain(list =>
        fc.boolean().chain(isTyped =>
          (isTyped ? fc.constant({ enum: list, type: 'number' }) : listed(undefined, list)).map(schema => ({
            ...number({}, fc.constantFrom(...list)),
            schema,
          })),
        ),
      ),
  )
}

const boolean = (schema: Node, values: fc.Arbitrary<boolean>): Written => ({
  schema,
  means: { kind: 'boolean' },
  values,
})

export const booleanField: fc.Arbitrary<Written> = fc.oneof(
  fc.constant(boolean({ type: 'boolean' }, fc.boolean())),
  fc.boolean().chain(only => listed('boolean', [only]).map(schema => boolean(schema, fc.constant(only)))),
)
