import {
  ConditionalCheckFailedException,
  PutItemCommand,
  type PutItemCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { TributaryError } from '../../../core/errors.ts'
import type { Boundary } from '../../../core/ports/views.ts'
import { type Access, type Attributes, keyAttributes, queryItems } from '../../aws/dynamodb/table.ts'
import { retrying } from '../../aws/retry.ts'

/** First and last window a metric has partials in, so that open ranges can be looked up like closed ones. */
export type Windows = { readonly first: number; readonly last: number }

/** What is known of a metric as a whole. */
export type MetricState = { readonly boundary: Boundary | undefined; readonly windows: Windows | undefined }

export async function readState(access: Access, metric: string): Promise<MetricState> {
  const items = new Map<string, Attributes>()
  for await (const page of queryItems(access, { pk: statePk(metric), from: 'boundary', to: 'windows' }))
    for (const item of page) items.set(item['sk']!.S!, item)
  const [boundary, windows] = [items.get('boundary'), items.get('windows')]
  return { boundary: boundary && boundaryOf(boundary), windows: windows && windowsOf(windows) }
}

/** Stores a boundary, unless a later generation is committed. */
export async function putBoundary(access: Access, metric: string, boundary: Boundary): Promise<void> {
  const { client, table, timeLeft } = access
  const input: PutItemCommandInput = {
    TableName: table,
    Item: {
      ...stateKey(metric, 'boundary'),
      ...{ epoch: { N: String(boundary.epoch) }, generation: { N: String(boundary.generation) } },
      ...{ run: { S: boundary.run }, movedAt: { N: String(boundary.movedAt) } },
    },
    ConditionExpression: 'attribute_not_exists(pk) OR generation <= :generation',
    ExpressionAttributeValues: { ':generation': { N: String(boundary.generation) } },
  }
  await retrying(
    async abortSignal => {
      try {
        await client.send(new PutItemCommand(input), { abortSignal })
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error
        throw new TributaryError('conflict', `a later generation of ${metric} is committed already`, {
          cause: error,
        })
      }
    },
    { what: `move a boundary in table ${table}`, timeLeft },
  )
}

/** Makes the windows known reach over these too. */
export async function widenWindows(
  access: Access,
  metric: string,
  known: Windows | undefined,
  { first, last }: Windows,
): Promise<void> {
  if (known === undefined || first < known.first) await move(access, metric, 'first', '>', first)
  if (known === undefined || last > known.last) await move(access, metric, 'last', '<', last)
}

/** Only ever outwards, whoever else moves it. */
async function move(
  { client, table, timeLeft }: Access,
  metric: string,
  name: 'first' | 'last',
  than: '<' | '>',
  value: number,
): Promise<void> {
  const command = new UpdateItemCommand({
    TableName: table,
    Key: stateKey(metric, 'windows'),
    UpdateExpression: 'SET #name = :value',
    ConditionExpression: `attribute_not_exists(#name) OR #name ${than} :value`,
    ExpressionAttributeNames: { '#name': name },
    ExpressionAttributeValues: { ':value': { N: String(value) } },
  })
  await retrying(
    async abortSignal => {
      try {
        await client.send(command, { abortSignal })
      } catch (error) {
        // Where it is as far out already, all is well.
        if (!(error instanceof ConditionalCheckFailedException)) throw error
      }
    },
    { what: `widen the windows in table ${table}`, timeLeft },
  )
}

function statePk(metric: string): string {
  return `${metric}|state`
}

function stateKey(metric: string, sk: 'boundary' | 'windows'): Attributes {
  return keyAttributes({ pk: statePk(metric), sk })
}

function boundaryOf(item: Attributes): Boundary {
  const number = (name: string) => Number(item[name]!.N)
  return {
    ...{ epoch: number('epoch'), generation: number('generation') },
    ...{ run: item['run']!.S!, movedAt: number('movedAt') },
  }
}

/** Undefined while only one of the two is known. */
function windowsOf(item: Attributes): Windows | undefined {
  const [first, last] = [item['first']?.N, item['last']?.N]
  return first === undefined || last === undefined ? undefined : { first: Number(first), last: Number(last) }
}
