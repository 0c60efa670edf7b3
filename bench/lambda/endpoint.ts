import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { createMeter, type Meter, type TakenRecord } from './meter.ts'
import { type Statement, tableOfStatement, writeUnits } from './statement-units.ts'

/**
 * A process that answers the functions as AWS would: Kinesis takes every record, DynamoDB is DynamoDBLocal
 * (its address is the only argument), asked for the units it would bill. A process of its own, so that its
 * work is not counted as the functions'.
 */
export type EndpointAnswer = { readonly meter: Meter; readonly records: readonly TakenRecord[] }

const dynamodb = process.argv[2]!
const meter = createMeter()
const records: TakenRecord[] = []

type Json = Record<string, unknown>

const server = createServer((request, response) => {
  answer(request, response).catch((error: Error) => {
    process.stderr.write(`endpoint: ${error.message}\n`)
    response.writeHead(500, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify({ __type: 'InternalFailure', message: error.message }))
  })
})
server.listen(0, '127.0.0.1', () =>
  process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)
process.on('message', () => {
  const state: EndpointAnswer = { meter: meter.read(), records }
  process.send!(state)
})
process.on('disconnect', () => process.exit(0))

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const [service, operation] = String(request.headers['x-amz-target']).split('.') as [string, string]
  const input = JSON.parse(Buffer.concat(chunks).toString()) as Json
  meter.call(`${service.split('_')[0]} ${operation}`)
  if (service.startsWith('DynamoDB')) return forward(request, operation, input, response)
  if (operation !== 'PutRecords') throw new Error(`${service} ${operation} is not answered here`)
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
  response.end(JSON.stringify(take(input)))
}

type Put = { readonly Records: readonly { readonly Data: string; readonly PartitionKey: string }[] }

function take(input: Json): Json {
  const answers = (input as Put).Records.map(({ Data, PartitionKey }) => {
    meter.record(Buffer.byteLength(Data, 'base64'), Buffer.byteLength(PartitionKey))
    const sequenceNumber = `49${String(records.length + 1).padStart(54, '0')}`
    records.push({ partitionKey: PartitionKey, data: Data, sequenceNumber })
    return { SequenceNumber: sequenceNumber, ShardId: 'shardId-000000000000' }
  })
  return { FailedRecordCount: 0, Records: answers }
}

async function forward(
  { headers }: IncomingMessage,
  operation: string,
  input: Json,
  response: ServerResponse,
): Promise<void> {
  const {
    host: _host,
    'content-length': _length,
    connection: _connection,
    expect: _expect,
    ...rest
  } = headers
  const reply = await fetch(dynamodb, {
    method: 'POST',
    headers: rest as Record<string, string>,
    body: JSON.stringify({ ...input, ReturnConsumedCapacity: 'TOTAL' }),
  })
  const text = await reply.text()
  if (reply.ok) count(operation, input, JSON.parse(text) as Json)
  response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(text)
}

type Capacity = { readonly TableName: string; readonly CapacityUnits: number }

function count(operation: string, input: Json, output: Json): void {
  if (operation === 'BatchExecuteStatement') countStatements(input['Statements'] as Statement[])
  const consumed = [(output['ConsumedCapacity'] as Capacity | Capacity[] | undefined) ?? []].flat()
  const kind = /^(?:Get|BatchGet|Query|Scan|TransactGet)/.test(operation) ? 'read' : 'write'
  for (const { TableName, CapacityUnits } of consumed) meter.units(kind, TableName, CapacityUnits)
}

function countStatements(statements: readonly Statement[]): void {
  for (const statement of statements) meter.units('write', tableOfStatement(statement), writeUnits(statement))
}
