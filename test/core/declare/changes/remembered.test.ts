import { describe, expect, test } from 'vitest'
import { historyProblems, type Remembered, remember } from '../../../../core/declare/changes/remembered.ts'
import type { ContractDeclaration } from '../../../../core/declare/contract.ts'
import { compilePipeline, type Pipeline } from '../../../../core/declare/pipeline.ts'

const type = 'com.example.item'
const ALL = () => true

type Fields = Readonly<Record<string, object>>

function declared(properties: Fields, more: Partial<ContractDeclaration> = {}): ContractDeclaration {
  const data = { type: 'object', properties: { id: { type: 'string' }, ...properties } }
  return { type, version: 1, partitionBy: ['id'], data: data as ContractDeclaration['data'], ...more }
}

const required = (contract: ContractDeclaration, ...names: readonly string[]): ContractDeclaration => ({
  ...contract,
  data: { ...contract.data, required: names },
})

function compiled(...contracts: readonly ContractDeclaration[]): Pipeline {
  const files = contracts.map((declaration, i) => ({ file: `${i}.json`, declaration }))
  return compilePipeline({ contracts: files, metrics: [], schedules: [] })
}

/** What a start says that finds a folder which ran with each of the others, in their order. */
function problems(...starts: readonly (ContractDeclaration | readonly ContractDeclaration[])[]): string[] {
  let known: Remembered = {}
  let found: string[] = []
  for (const start of starts) {
    const pipeline = compiled(...[start].flat())
    found = historyProblems(known, pipeline, ALL).map(({ field, problem }) => `${field} ${problem}`)
    // As it is stored.
    known = JSON.parse(JSON.stringify(remember(known, pipeline, ALL))) as Remembered
  }
  return found
}

const text = { type: 'string' }
const orNull = { type: ['string', 'null'] }
const integer = { type: 'integer' }
const number = { type: 'number' }

describe('stored events go on as they are when', () => {
  test.each<[string, readonly ContractDeclaration[]]>([
    ['nothing changes', [declared({ a: text }), declared({ a: text })]],
    ['a field is added', [declared({}), declared({ a: integer })]],
    ['a field is removed', [declared({ a: text }), declared({})]],
    ['an integer becomes a number', [declared({ a: integer }), declared({ a: number }, { scale: 2 })]],
    [
      'decimal places are added',
      [declared({ a: number }, { scale: 2 }), declared({ a: number }, { scale: 5 })],
    ],
    ['a number is given its places', [declared({ a: number }), declared({ a: number }, { scale: 5 })]],
    [
      'bounds, lists, formats and requirements change',
      [
        declared({ a: text }),
        required(
          declared({ a: { type: 'string', enum: ['x'] }, b: { type: 'integer', maximum: 3 } }),
          'a',
          'id',
        ),
      ],
    ],
    ['a field may be null from now on', [declared({ a: text }), declared({ a: orNull })]],
    [
      'what is kept of values, and how, changes',
      [
        declared({ a: text }),
        declared({ a: text }, { partitionBy: ['a'], dedupe: 'record', sensitive: ['a'] }),
      ],
    ],
    ['a version is added', [declared({ a: text }), declared({ a: text, b: text }, { version: 2 })]],
  ])('%s', (_name, starts) => expect(problems(...starts)).toEqual([]))

  test('a version is removed whose events are stored', () => {
    expect(
      problems(
        [declared({ a: text }), declared({ a: text, b: text }, { version: 2 })],
        declared({ a: text, b: text }, { version: 2 }),
      ),
    ).toEqual([])
  })

  test('there are none of their type', () => {
    const known = remember({}, compiled(declared({ a: text })), () => false)
    const pipeline = compiled(declared({ a: integer }))
    expect(historyProblems(known, pipeline, () => false)).toEqual([])
    expect(remember(known, pipeline, () => false)).toEqual(remember({}, pipeline, ALL))
  })
})

describe('stored events cannot be read any more when', () => {
  test.each<[string, readonly (ContractDeclaration | readonly ContractDeclaration[])[], string]>([
    [
      'a text becomes an integer',
      [declared({ a: text }), declared({ a: integer })],
      'a was string and is integer',
    ],
    [
      'an integer becomes a text',
      [declared({ a: integer }), declared({ a: text })],
      'a was integer and is string',
    ],
    [
      'a number becomes an integer',
      [declared({ a: number }, { scale: 2 }), declared({ a: integer })],
      'a was number and is integer',
    ],
    [
      'a text becomes an instant',
      [declared({ a: text }), declared({ a: { type: 'string', format: 'date-time' } })],
      'a was string and is instant',
    ],
    [
      'a text becomes a list',
      [declared({ a: text }), declared({ a: { type: 'array' } })],
      'a was string and is json',
    ],
    [
      'decimal places get fewer',
      [declared({ a: number }, { scale: 4 }), declared({ a: number }, { scale: 2 })],
      'a keeps 2 decimal places and kept 4',
    ],
    [
      'null is taken no more',
      [declared({ a: orNull }), declared({ a: text })],
      'a was null in stored events',
    ],
    [
      'a field that may be null is required',
      [declared({ a: orNull }), required(declared({ a: orNull }), 'a')],
      'a may be missing in stored events',
    ],
    [
      'a required field that may be null is new',
      [declared({}), required(declared({ a: orNull }), 'a')],
      'a is new; make it optional',
    ],
    [
      'a newer version changes a type',
      [[declared({ a: text }), declared({ a: integer }, { version: 2 })]],
      'a was string and is integer',
    ],
    [
      'a newer version changes what one start ago an older one was',
      [declared({ a: text }), [declared({ a: integer }), declared({ a: integer }, { version: 2 })]],
      'a was string and is integer',
    ],
    [
      'a field comes back as another',
      [declared({ a: text }), declared({}), declared({ a: integer })],
      'a was string and is integer',
    ],
    [
      'a field takes the column of another',
      [declared({ a_b: text }), declared({ a: { type: 'object', properties: { b: text } } })],
      'a.b has the column a_b, which holds values of "a_b"',
    ],
    [
      'only the case of a name changes',
      [declared({ Code: text }), declared({ code: text })],
      'code has the column code',
    ],
    [
      'what may be missing was once optional',
      [declared({ a: text }), required(declared({ a: text }), 'a'), required(declared({ a: orNull }), 'a')],
      'a may be missing in stored events',
    ],
  ])('%s', (_name, starts, expected) => {
    expect(problems(...starts)).toEqual([expect.stringContaining(expected)])
  })

  test('several fields change, each is named', () => {
    const found = problems(
      declared({ a: text, b: number, c: orNull }, { scale: 2 }),
      declared({ a: integer, b: text, c: text }),
    )
    expect(found.map(each => each.split(' ')[0])).toEqual(['a', 'b', 'c'])
  })

  test('a type that was removed comes back as another', () => {
    const other = { ...declared({}), type: 'com.example.other' }
    expect(problems(declared({ a: text }), other, declared({ a: integer }))).toHaveLength(1)
  })

  test('only columns are known of them', () => {
    const known = {
      [type]: {
        version: 1,
        fields: [
          { column: 'a', kind: 'string' },
          { column: 'j', kind: 'string' },
        ],
      },
    } as const
    const json = { type: 'array' }
    expect(historyProblems(known, compiled(declared({ a: text, j: json })), ALL)).toEqual([])
    expect(historyProblems(known, compiled(declared({ a: integer, j: json })), ALL)).toHaveLength(1)
  })
})
