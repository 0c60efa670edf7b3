import type { Context, Input } from './context.ts'
import { DynamodbError, invalid, requireKnown } from './errors.ts'
import type { Definition, Table } from './store.ts'

type Named = { readonly AttributeName: string }
type Keys = readonly (Named & { readonly KeyType: 'HASH' | 'RANGE' })[]
type Types = readonly (Named & { readonly AttributeType: 'S' | 'N' | 'B' })[]

/** Makes a table, which is there at once. Indexes and provisioned capacity are not known. */
export function createTable(context: Context, input: Input): object {
  requireKnown(input, ['TableName', 'KeySchema', 'AttributeDefinitions', 'BillingMode'], 'CreateTable')
  const name = String(input['TableName'])
  if (!/^[\w.-]{3,255}$/.test(name)) throw invalid(`a table cannot be called ${name}`)
  if (context.store.tables.has(name))
    throw new DynamodbError('ResourceInUseException', `Table already exists: ${name}`)
  if (input['BillingMode'] !== 'PAY_PER_REQUEST') throw invalid('the double makes tables on demand only')
  const definition = definitionOf(name, input['KeySchema'] as Keys, input['AttributeDefinitions'] as Types)
  const table: Table = { definition, partitions: new Map(), expires: undefined }
  context.store.tables.set(name, table)
  return { TableDescription: description(table) }
}

function definitionOf(name: string, keys: Keys, types: Types): Definition {
  const [hash, range, ...more] = keys
  if (hash?.KeyType !== 'HASH' || (range !== undefined && range.KeyType !== 'RANGE') || more.length > 0)
    throw invalid('Invalid KeySchema: the first key is HASH, the second RANGE')
  const named = new Map(types.map(type => [type.AttributeName, type.AttributeType]))
  if (named.size !== keys.length || keys.some(({ AttributeName }) => !named.has(AttributeName)))
    throw invalid(
      'Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions',
    )
  return { name, hash: hash.AttributeName, range: range?.AttributeName, types: Object.fromEntries(named) }
}

export function describeTable({ store }: Context, input: Input): object {
  requireKnown(input, ['TableName'], 'DescribeTable')
  return { Table: description(store.table(input['TableName'])) }
}

function description({ definition: { name, hash, range, types } }: Table): object {
  const keys = [hash, range].filter(key => key !== undefined)
  return {
    ...{ TableName: name, TableStatus: 'ACTIVE', BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' } },
    KeySchema: keys.map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: keys.map(AttributeName => ({ AttributeName, AttributeType: types[AttributeName] })),
  }
}

type TimeToLive = { readonly AttributeName: string; readonly Enabled: boolean }

/** Nothing is ever deleted for it here: AWS may take days, so nobody may rely on that it is. */
export function updateTimeToLive({ store }: Context, input: Input): object {
  requireKnown(input, ['TableName', 'TimeToLiveSpecification'], 'UpdateTimeToLive')
  const specification = input['TimeToLiveSpecification'] as TimeToLive
  store.table(input['TableName']).expires = specification.Enabled ? specification.AttributeName : undefined
  return { TimeToLiveSpecification: specification }
}

export function describeTimeToLive({ store }: Context, input: Input): object {
  requireKnown(input, ['TableName'], 'DescribeTimeToLive')
  const { expires } = store.table(input['TableName'])
  const on = { AttributeName: expires, TimeToLiveStatus: 'ENABLED' }
  return { TimeToLiveDescription: expires === undefined ? { TimeToLiveStatus: 'DISABLED' } : on }
}
