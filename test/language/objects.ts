import fc from 'fast-check'
import { hostileText } from '../arbitraries.ts'
import { fieldName, fieldNames } from './names.ts'
import { booleanField, integerField, numberField } from './numbers.ts'
import { instantField, textField } from './texts.ts'
import type { Meaning, Node, Written } from './written.ts'

/** What the parts of one contract have in common. */
export type Setting = {
  /** Decimal places of numbers that declare none. */
  readonly scale: number | undefined
  /** `$defs`. */
  readonly definitions: ReadonlyMap<string, Written>
}

const json = { kind: 'json' } as const

/**
 * Keys of free objects. None has a backslash: Node 24 and 26 may then read another key, with an escape, as
 * that one, in this process (https://github.com/nodejs/node/issues/63785).
 */
const freeKey = fc
  .oneof(
    fieldName,
    hostileText,
    hostileText.map(text => `k${text}`),
  )
  .filter(key => !key.includes('\\') && key !== '__proto__')

/** Any JSON, of numbers that a double holds. */
const anyJson: fc.Arbitrary<unknown> = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'json' },
    hostileText,
    fc.constantFrom(null, true, false, 0, -1.5, 1e21, 5e-324, 2 ** 53 - 1),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(freeKey, tie('value'), { maxKeys: 3 }),
  ),
})).value

/** A field of one object, or of one list. */
export function field(setting: Setting, depth: number): fc.Arbitrary<Written> {
  const single = fc.oneof(
    { weight: 3, arbitrary: textField },
    { weight: 1, arbitrary: instantField },
    { weight: 2, arbitrary: integerField },
    { weight: 3, arbitrary: numberField(setting.scale) },
    { weight: 1, arbitrary: booleanField },
  )
  const definitions = [...setting.definitions].map(([name, written]) => ({
    ...written,
    schema: { $ref: `#/$defs/${name}` },
  }))
  const inner: fc.Arbitrary<Written> =
    depth === 0
      ? single
      : fc.oneof(
          { weight: 6, arbitrary: single },
          { weight: 2, arbitrary: fc.constant(depth).chain(() => branch(setting, depth - 1)) },
          { weight: 1, arbitrary: freeObject(setting) },
          { weight: 1, arbitrary: fc.constant(depth).chain(() => list(setting, depth - 1)) },
          { weight: 1, arbitrary: union(setting) },
          { weight: 1, arbitrary: anything },
          {
            weight: definitions.length,
            arbitrary: fc.constantFrom(...(definitions.length > 0 ? definitions : [ANYTHING])),
          },
        )
  return fc.tuple(inner, fc.nat(5), note).chain(([written, choice, notes]) => {
    const isTaken = '$ref' in written.schema || written === ANYTHING || 'anyOf' in written.schema
    const noted = isTaken ? written : { ...written, schema: { ...written.schema, ...notes } }
    return choice > 1 ? fc.constant(noted) : orNull(noted)
  })
}

const note: fc.Arbitrary<Node> = fc.constantFrom<Node>(
  ...[
    {},
    {},
    {},
    { title: 'A "title"' },
    { description: "It's\n--; a\\ description" },
    { examples: ['x'], deprecated: true },
  ],
)

/** The same, taking null, in one of the ways to say so. */
function orNull(written: Written): fc.Arbitrary<Written> {
  const { schema } = written
  const isSaid = Object.keys(schema).length === 0 || 'anyOf' in schema || 'oneOf' in schema
  const ways: Node[] = [{ anyOf: [schema, { type: 'null' }] }, { oneOf: [{ type: 'null' }, schema] }]
  const { type, enum: values } = schema as { type?: unknown; enum?: readonly unknown[] }
  if (typeof type === 'string' && !('const' in schema))
    ways.push({ ...schema, type: [type, 'null'], ...(values !== undefined && { enum: [...values, null] }) })
  if (isSaid || mayBeNull(schema)) return fc.constant(written)
  return fc.constantFrom(...ways).map(nullable => ({
    ...written,
    schema: nullable,
    values: fc.option(written.values, { freq: 3 }),
  }))
}

/** A reference may be to what takes null; `oneOf` would then take it twice. */
const mayBeNull = (schema: Node) =>
  '$ref' in schema ||
  Array.isArray(schema['type']) ||
  (schema['enum'] as unknown[] | undefined)?.includes(null) === true

const ANYTHING: Written = { schema: {}, means: json, values: anyJson }
const anything = fc.constant(ANYTHING)

/** An object with named fields. */
export function branch(setting: Setting, depth: number): fc.Arbitrary<Written> {
  const parts = fieldNames(depth > 1 ? 8 : 4).chain(names =>
    fc.tuple(...names.map(name => fc.tuple(fc.constant(name), field(setting, depth), fc.boolean()))),
  )
  return fc
    .tuple(parts, fc.nat(9), field({ ...setting, definitions: new Map() }, 0))
    .map(([fields, choice, other]) => {
      const required = fields.filter(([, , isRequired]) => isRequired).map(([name]) => name)
      const optional = fields.filter(([, , isRequired]) => !isRequired).map(([name]) => name)
      const properties = Object.fromEntries(fields.map(([name, { schema }]) => [name, schema]))
      const isOneOf = choice === 5 && optional.length > 1
      const schema: Node = {
        type: 'object',
        properties,
        ...(required.length > 0 && { required }),
        ...OTHERS(choice, other.schema),
        ...(choice === 3 && { minProperties: required.length, maxProperties: fields.length + 3 }),
        ...(isOneOf && { anyOf: [{ required: [optional[0]!] }, { required: optional.slice(1, 3) }] }),
      }
      const declared = fc.record(Object.fromEntries(fields.map(([name, { values }]) => [name, values])), {
        requiredKeys: isOneOf ? [...required, optional[0]!] : required,
        noNullPrototype: true,
      })
      const values =
        choice === 0
          ? declared
          : withOthers(declared, choice === 1 ? other.values : anyJson, Object.keys(properties))
      const means: Meaning = {
        kind: 'fields',
        fields: new Map(fields.map(([name, one]) => [name, one.means])),
      }
      return { schema, means, values }
    })
}

const OTHERS = (choice: number, schema: Node): Node => {
  if (choice === 0) return { additionalProperties: false }
  if (choice === 1) return { additionalProperties: schema }
  return choice === 2 ? { additionalProperties: true } : {}
}

/** Further fields: of other names, or of names that differ from the declared ones in case alone. */
function withOthers(declared: fc.Arbitrary<object>, values: fc.Arbitrary<unknown>, names: readonly string[]) {
  const swapped = names.map(name => (name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase()))
  const other = fc.oneof(
    { weight: 3, arbitrary: fieldName },
    { weight: 1, arbitrary: fc.constantFrom(...swapped) },
  )
  const others = fc.dictionary(
    other.filter(name => !names.includes(name)),
    values,
    { maxKeys: 2, noNullPrototype: true },
  )
  return fc.oneof(
    { weight: 3, arbitrary: declared },
    {
      weight: 1,
      arbitrary: fc
        .tuple(declared, others, fc.boolean())
        .map(([a, b, isFirst]) => (isFirst ? { ...b, ...a } : { ...a, ...b })),
    },
  )
}

function freeObject(setting: Setting): fc.Arbitrary<Written> {
  return field({ ...setting, definitions: new Map() }, 0).chain(({ schema, values }) =>
    fc.constantFrom<Written>(
      { schema: { type: 'object' }, means: json, values: fc.dictionary(freeKey, anyJson, { maxKeys: 3 }) },
      {
        schema: { type: 'object', additionalProperties: schema },
        means: json,
        values: fc.dictionary(freeKey, values, { maxKeys: 3 }),
      },
      {
        schema: { type: 'object', patternProperties: { '^.*$': schema } },
        means: json,
        values: fc.dictionary(
          freeKey.filter(key => !/[\n\r\u2028\u2029]/.test(key)),
          values,
          { maxKeys: 3 },
        ),
      },
      {
        schema: { type: 'object', minProperties: 1, maxProperties: 2 },
        means: json,
        values: fc.dictionary(freeKey, anyJson, { minKeys: 1, maxKeys: 2 }),
      },
    ),
  )
}

function list(setting: Setting, depth: number): fc.Arbitrary<Written> {
  return field(setting, depth).chain(({ schema, values }) =>
    fc.constantFrom<Written>(
      { schema: { type: 'array' }, means: json, values: fc.array(anyJson, { maxLength: 3 }) },
      { schema: { type: 'array', items: schema }, means: json, values: fc.array(values, { maxLength: 4 }) },
      {
        schema: { type: 'array', items: schema, minItems: 1, maxItems: 3 },
        means: json,
        values: fc.array(values, { minLength: 1, maxLength: 3 }),
      },
      {
        schema: { type: 'array', items: schema, uniqueItems: true },
        means: json,
        values: fc.uniqueArray(values, { maxLength: 3, selector: one => JSON.stringify(one) }),
      },
    ),
  )
}

/** Alternatives of different kinds: no single column can follow. */
function union(setting: Setting): fc.Arbitrary<Written> {
  const kinds: readonly fc.Arbitrary<Written>[] = [
    textField,
    fc.oneof(integerField, numberField(setting.scale)),
    booleanField,
    freeObject(setting),
    list({ ...setting, definitions: new Map() }, 0),
  ]
  const some = fc
    .subarray(kinds as fc.Arbitrary<Written>[], { minLength: 2 })
    .chain(parts => fc.tuple(...parts))
  const alternatives = fc
    .tuple(some, fc.constantFrom('anyOf', 'oneOf'), fc.boolean())
    .map(([parts, keyword, isNullable]): Written => {
      const schemas = parts.map(({ schema }) => schema)
      return {
        schema: { [keyword]: isNullable ? [...schemas, { type: 'null' }] : schemas },
        means: json,
        values: fc.oneof(...parts.map(({ values }) => values), ...(isNullable ? [fc.constant(null)] : [])),
      }
    })
  const types = fc
    .subarray(['string', 'integer', 'boolean', 'object', 'array', 'null'], { minLength: 2 })
    .filter(all => all.filter(type => type !== 'null').length > 1)
  const ofTypes = types.map(
    (all): Written => ({
      schema: { type: all },
      means: json,
      values: fc.oneof(...all.map(type => OF_TYPE[type]!)),
    }),
  )
  return fc.oneof(alternatives, ofTypes)
}

const OF_TYPE: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: hostileText,
  integer: fc.maxSafeInteger(),
  boolean: fc.boolean(),
  object: fc.dictionary(freeKey, anyJson, { maxKeys: 2 }),
  array: fc.array(anyJson, { maxLength: 2 }),
  null: fc.constant(null),
}
