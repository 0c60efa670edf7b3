import Type, { type TObject } from 'typebox'
import { describe, expect, test } from 'vitest'
import { type Remembered, remember, requiredColumns } from '../../../core/declare/changes/remembered.ts'
import type { ContractDeclaration } from '../../../core/declare/contract.ts'
import { count } from '../../../core/declare/measures.ts'
import { compilePipeline, type Pipeline } from '../../../core/declare/pipeline.ts'
import { contractIdentity, goesOn } from '../../../core/lake/table-identity.ts'
import { contractTable, metricTable } from '../../../core/lake/warehouse-table.ts'
import { wantedTables } from '../../../steps/warehouse/tables.ts'

const type = 'com.example.order'

const declared = (...versions: (TObject | Partial<ContractDeclaration>)[]): Pipeline =>
  compilePipeline({
    contracts: versions.map((given, i) => {
      const more = 'data' in given || !('properties' in given) ? given : { data: given }
      const declaration = { type, version: i + 1, partitionBy: ['id'], ...more } as ContractDeclaration
      return { file: `c${i}`, declaration }
    }),
    metrics: [
      {
        file: 'm',
        declaration: { name: 'orders', type, window: 'day', by: ['id'], measures: { n: count() } },
      },
    ],
    schedules: [],
  })

const text = Type.String()
const whole = Type.Object({
  id: text,
  note: Type.Optional(text),
  buyer: Type.Object({ name: text, age: Type.Union([Type.Integer(), Type.Null()]) }),
  address: Type.Optional(Type.Object({ city: text })),
  extra: Type.Array(text),
  anything: Type.Any(),
})

const isThere = () => true
const columnsOf = (remembered: Remembered) => [...requiredColumns(remembered, type)].sort()

describe('what every stored event has', () => {
  test('is what its contract requires, down to the last object, and not null', () => {
    expect(columnsOf(remember({}, declared(whole), isThere))).toEqual(['buyer_name', 'extra', 'id'])
  })

  test('is what every version requires', () => {
    const first = Type.Object({ id: text, extra: Type.Optional(Type.Array(text)) })
    expect(columnsOf(remember({}, declared(first, whole), isThere))).toEqual(['id'])
  })

  test('is not what was required of late only, nor what may be missing from now on', () => {
    const loose = Type.Object({ id: text, note: Type.Optional(text) })
    const strict = Type.Object({ id: text, note: text })
    const tightened = remember(remember({}, declared(loose), isThere), declared(strict), isThere)
    expect(columnsOf(tightened)).toEqual(['id'])
    const loosened = remember(remember({}, declared(strict), isThere), declared(loose), isThere)
    expect(columnsOf(loosened)).toEqual(['id'])
  })

  test('is not what was declared of late: events from before may lack it, or have something else there', () => {
    const before = remember({}, declared(Type.Object({ id: text })), isThere)
    const later = remember(before, declared(Type.Object({ id: text, note: text })), isThere)
    expect(columnsOf(later)).toEqual(['id'])
    expect(columnsOf(remember(later, declared(Type.Object({ id: text, note: text })), isThere))).toEqual([
      'id',
    ])
  })

  test('is as it is declared where there are no events yet', () => {
    const loose = Type.Object({ id: text, note: Type.Optional(text) })
    const strict = Type.Object({ id: text, note: text })
    const before = remember({}, declared(loose), isThere)
    expect(columnsOf(remember(before, declared(strict), () => false))).toEqual(['id', 'note'])
  })

  test('is not known of a column alone, which an older data folder says of its fields, nor of no memory', () => {
    const known = { [type]: { version: 1, fields: [{ column: 'id', kind: 'string' as const }] } }
    expect(columnsOf(remember(known, declared(Type.Object({ id: text })), isThere))).toEqual([])
    expect([...requiredColumns(undefined, type)]).toEqual([])
  })
})

describe('a table', () => {
  const pipeline = declared({
    ...{ title: 'Order', description: 'What was bought' },
    data: Type.Object({
      id: Type.String({ description: "Number of the shop's order" }),
      total: Type.Union([Type.Number({ description: 'Euros' }), Type.Null()]),
      buyer: Type.Object({ age: Type.Integer({ title: 'Age' }), name: text }),
    }),
    scale: 2,
  })
  const remembered = remember({}, pipeline, isThere)
  const [order, orders] = wantedTables(pipeline, remembered).map(({ table }) => table)

  test('has no NULL in lineage, in what identifies a row, and in fields that no event lacks', () => {
    const required = (table: typeof order) =>
      table!.columns.filter(({ isRequired }) => isRequired).map(({ name }) => name)
    expect(required(order)).toEqual([
      ...['event_id', 'event_source', 'event_time', 'received_at', 'receipt', 'epoch'],
      ...['id', 'buyer_age', 'buyer_name'],
    ])
    expect(required(orders)).toEqual(['window_start', 'id', 'group_key'])
    expect([order!.key, orders!.key]).toEqual([
      ['epoch', 'receipt'],
      ['window_start', 'group_key'],
    ])
  })

  test('is described by title and description, its columns by their fields and names', () => {
    expect(order!.description).toBe('Order: What was bought')
    expect(orders!.description).toBe('orders')
    const described = new Map(order!.columns.map(({ name, description }) => [name, description]))
    expect(described.get('id')).toBe("Number of the shop's order")
    expect(described.get('buyer_age')).toBe('buyer.age: Age')
    expect(described.get('buyer_name')).toBe('buyer.name')
    expect(orders!.columns.find(({ name }) => name === 'id')?.description).toBe("Number of the shop's order")
  })

  test('goes on where only its words, its key, or what may be NULL has changed, and is told', () => {
    const contract = pipeline.latest.get(type)!
    const bare = contractIdentity(type, contractTable(contract, [type]))
    const full = contractIdentity(type, order!)
    expect(bare).not.toBe(full)
    expect([goesOn(bare, full), goesOn(full, bare)]).toEqual([true, true])
    // As the version before this one marked its tables.
    const { told: _, ...earlier } = JSON.parse(full) as Record<string, unknown>
    expect(goesOn(JSON.stringify(earlier), full)).toBe(true)
    expect(metricTable(pipeline.metrics[0]!).columns.map(({ name }) => name)).toEqual(
      orders!.columns.map(({ name }) => name),
    )
  })
})
