import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import { readShape } from '../../../core/schema/read-shape.ts'

const SAFE = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }
const data = (field: unknown, more: object = {}) => ({ type: 'object', properties: { field }, ...more })
const shapeOf = (field: unknown) => readShape(data(field), undefined).properties!['field']

function refusal(schema: unknown): string {
  try {
    readShape(schema, undefined)
  } catch (error) {
    expect(error).toBeInstanceOf(TributaryError)
    expect((error as TributaryError).code).toBe('invalid_declaration')
    return (error as TributaryError).message
  }
  throw new Error('it was not refused')
}

describe('forms that mean the same have one normal form', () => {
  test.each<[string, readonly unknown[], unknown]>([
    [
      'a type or null',
      [
        { type: ['string', 'null'] },
        { type: ['null', 'string'] },
        { anyOf: [{ type: 'string' }, { type: 'null' }] },
        { oneOf: [{ type: 'null' }, { type: 'string' }] },
        Type.Union([Type.String(), Type.Null()]),
        { anyOf: [{ type: 'string' }, { const: null }] },
      ],
      { type: ['string', 'null'] },
    ],
    [
      'a choice of texts',
      [
        { enum: ['a', 'b'] },
        { type: 'string', enum: ['a', 'b'] },
        { oneOf: [{ const: 'a', title: 'A' }, { const: 'b' }] },
        { anyOf: [{ const: 'a', type: 'string' }, { enum: ['b'] }] },
        { type: 'string', oneOf: [{ const: 'a', title: 'A' }, { const: 'b' }] },
        Type.Union([Type.Literal('a'), Type.Literal('b')]),
        Type.Enum(['a', 'b']),
      ],
      { type: 'string', enum: ['a', 'b'] },
    ],
    [
      'a choice of texts or null',
      [
        { enum: ['a', null] },
        { type: ['string', 'null'], enum: ['a', null] },
        { type: ['string', 'null'], oneOf: [{ const: 'a' }, { const: null }] },
        { anyOf: [{ const: 'a' }, { type: 'null' }] },
      ],
      { type: ['string', 'null'], enum: ['a', null] },
    ],
    ['one value', [{ const: 5 }, { enum: [5] }, Type.Literal(5)], { type: 'number', enum: [5] }],
    ['anything', [{}, true, Type.Unknown(), { anyOf: [{ type: 'string' }, {}] }], {}],
    [
      'a text or a whole number',
      [
        { type: ['string', 'integer'] },
        { anyOf: [{ type: 'string' }, { type: 'integer' }] },
        { oneOf: [{ type: 'string' }, { type: 'integer' }] },
      ],
      { anyOf: [{ type: 'string' }, { type: 'integer', ...SAFE }] },
    ],
    [
      'an object with names of any form',
      [
        { type: 'object', additionalProperties: { type: 'boolean' } },
        { type: 'object', patternProperties: { '^.*$': { type: 'boolean' } } },
        Type.Record(Type.String(), Type.Boolean()),
      ],
      { type: 'object', additionalProperties: { type: 'boolean' } },
    ],
  ])('%s', (_what, written, normal) => {
    for (const one of written) expect(shapeOf(one)).toEqual(normal)
  })

  test('a reference into $defs is what it refers to', () => {
    const $defs = { money: { type: 'number', multipleOf: 0.01, exclusiveMinimum: 0 } }
    const schema = { ...data({ $ref: '#/$defs/money', title: 'Price' }), $defs }
    expect(readShape(schema, undefined).properties).toEqual({
      field: { ...$defs.money, title: 'Price', exclusiveMaximum: 1e16 },
    })
  })

  test('a reading of a normal form is that form', () => {
    const shape = readShape(
      Type.Object({
        email: Type.Optional(Type.Union([Type.String({ format: 'email' }), Type.Null()])),
        code: Type.String({ pattern: '^[A-Z]{3}$', maxLength: 3 }),
        amount: Type.Number({ multipleOf: 0.01, minimum: 0 }),
        tags: Type.Array(Type.String(), { uniqueItems: true }),
        any: Type.Unknown(),
        place: Type.Object({ city: Type.String() }, { anyOf: [{ required: ['city'] }] }),
      }),
      2,
    )
    expect(readShape(shape, 2)).toEqual(shape)
  })
})

describe('a schema that one reader would obey and another overlook is refused by place and remedy', () => {
  test.each<[string, unknown, string, string]>([
    ['properties without a type', { properties: { a: {} } }, 'has properties without a type', '"object"'],
    ['nullable', { type: 'string', nullable: true }, 'has nullable', '["string", "null"]'],
    ['a misspelt keyword', { type: 'string', maxLenght: 3 }, 'has maxLenght', 'did you mean maxLength?'],
    ['a keyword of another type', { type: 'integer', maxLength: 3 }, 'has maxLength', 'belongs to string'],
    ['allOf', { allOf: [{ type: 'string' }] }, 'has allOf', 'into one object'],
    ['not', { type: 'string', not: { const: 'a' } }, 'has not', 'say what is right'],
    ['if', { type: 'string', if: {} }, 'has if', 'for each case'],
    ['false', false, 'is false', 'leave the field out'],
    ['a schema that is none', 'string', 'is "string"', 'keywords'],
    ['an unknown type', { type: 'int' }, 'has the type "int"', 'integer'],
    ['a type twice', { type: ['string', 'string'] }, 'has the type', 'use one of'],
    ['null alone', { type: 'null' }, 'takes null only', 'beside null'],
    ['an integer or a number', { type: ['integer', 'number'] }, 'is an integer or a number', '"number"'],
    ['an empty enum', { enum: [] }, 'lists nothing', 'list the values'],
    ['an enum of objects', { enum: [{}] }, 'lists {}', 'list texts'],
    ['an enum with a value twice', { enum: ['a', 'a'] }, 'lists "a" twice', 'leave one out'],
    ['a value of another type', { type: 'string', enum: [1] }, 'lists 1', 'add its type'],
    ['null that its list lacks', { type: ['string', 'null'], enum: ['a'] }, 'the type null', 'take null out'],
    ['null that its type lacks', { type: 'string', enum: ['a', null] }, 'lists null', 'add its type'],
    ['const beside enum', { const: 1, enum: [1] }, 'both const and enum', 'leave one out'],
    ['a pattern that is none', { type: 'string', pattern: '(' }, 'has the pattern "("', 'JavaScript'],
    ['a pattern that looks ahead', { type: 'string', pattern: '^(?=a)' }, 'which looks ahead', 'enum'],
    ['an unknown format', { type: 'string', format: 'int32' }, 'has the format "int32"', 'date-time'],
    ['a length below 0', { type: 'string', minLength: -1 }, 'has minLength -1', 'whole number'],
    ['lengths that cross', { type: 'string', minLength: 2, maxLength: 1 }, 'minLength above', 'smaller'],
    ['bounds that cross', { type: 'number', minimum: 2, maximum: 1 }, 'no number is between', 'smaller'],
    ['a bound in quotes', { type: 'number', minimum: '1' }, 'has minimum "1"', 'give a number'],
    ['a step of 16 places', { type: 'number', multipleOf: 1e-16 }, 'has multipleOf 1e-16', 'at most 15'],
    ['a step of 0', { type: 'number', multipleOf: 0 }, 'has multipleOf 0', 'above 0'],
    ['uniqueItems in quotes', { type: 'array', uniqueItems: 'yes' }, 'has uniqueItems "yes"', 'true'],
    ['a schema an item', { type: 'array', items: [{}] }, 'a schema for each item', 'one schema'],
    ['a remote reference', { $ref: 'https://example.org/s.json' }, 'refers to', '"#/$defs/name"'],
    ['a reference to nothing', { $ref: '#/$defs/nope' }, 'which is not there', '$defs'],
    [
      'a keyword beside a reference',
      { $ref: '#/$defs/a', type: 'string' },
      'has type beside $ref',
      'put type',
    ],
    ['a keyword beside anyOf', { anyOf: [{}], minLength: 1 }, 'minLength beside anyOf', 'each alternative'],
    ['anyOf beside oneOf', { anyOf: [{}], oneOf: [{}] }, 'beside', 'each alternative'],
    [
      'oneOf whose alternatives overlap',
      { oneOf: [{ type: 'string' }, { type: 'string', maxLength: 3 }] },
      'one value may fit both',
      'write anyOf',
    ],
    [
      'patterns of names',
      { type: 'object', patternProperties: { '^x': {} } },
      'patternProperties',
      'additional',
    ],
    [
      'a required field that is not there',
      { type: 'object', properties: {}, required: ['a'] },
      '"a"',
      'declare',
    ],
    ['definitions inside', { type: 'string', $defs: {} }, 'stands at the top only', 'move it'],
    ['a title that is no text', { type: 'string', title: 1 }, 'a title that is no text', 'as text'],
  ])('%s', (_what, field, problem, remedy) => {
    const message = refusal(data(field))
    expect(message).toMatch(/^data\/properties\/field /)
    expect(message).toContain(problem)
    expect(message).toContain(remedy)
  })

  test.each<[string, unknown, string]>([
    ['Draft 7', data({}, { $schema: 'http://json-schema.org/draft-07/schema#' }), 'data/$schema is'],
    ['definitions', data({}, { definitions: {} }), 'rename it to $defs'],
    ['data that is a union', { anyOf: [data({}), data({})] }, 'not an object schema with properties'],
    ['data that may be null', data({}, { type: ['object', 'null'] }), 'not an object schema'],
    [
      'a field without a name',
      { type: 'object', properties: { '': {} } },
      'properties/"" is a field without',
    ],
    ['a name with a line break', { type: 'object', properties: { 'a\nb': {} } }, 'control characters'],
    ['a name with a byte order mark', { type: 'object', properties: { '\ufeffid': {} } }, 'byte order mark'],
    ['a name that is half a character', { type: 'object', properties: { '\ud800': {} } }, 'half a character'],
    ['__proto__', JSON.parse('{"type":"object","properties":{"__proto__":{}}}'), 'rename the field'],
    [
      'a schema that holds itself',
      data({ $ref: '#/$defs/a' }, { $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } } }),
      'which holds itself',
    ],
    [
      'a misspelt keyword in a definition that nothing refers to',
      data({}, { $defs: { money: { type: 'number', minimun: 0 } } }),
      'data/$defs/money has minimun, which contracts do not have; did you mean minimum?',
    ],
    [
      'a misspelt keyword in a definition that only such a one refers to',
      data({}, { $defs: { b: { maxLenght: 1 }, a: { type: 'array', items: { $ref: '#/$defs/b' } } } }),
      'data/$defs/b has maxLenght',
    ],
    ['a definition that is no schema', data({}, { $defs: { a: 5 } }), 'data/$defs/a is 5, not a schema'],
    ['nesting without end', nested(30), 'is deeper than'],
  ])('%s', (_what, schema, problem) => {
    expect(refusal(schema)).toContain(problem)
  })
})

function nested(depth: number): object {
  return data(depth === 0 ? {} : nested(depth - 1))
}
