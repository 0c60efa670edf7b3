import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { createDynamodbDouble } from '../../test/engines/dynamodb/engine.ts'
import { answerOf } from '../../test/engines/dynamodb/handler.ts'
import { createMeter, type Meter, type TakenRecord } from './meter.ts'

/**
 * A process that answers the functions as AWS would: Kinesis takes every record, DynamoDB is the double of
 * the tests, which tells the units that AWS would bill. A process of its own, so that its work is not counted
 * as the functions'.
 */
export type EndpointAnswer = { readonly meter: Meter; readonly records: readonly TakenRecord[] }

const meter = createMeter()
const dynamodb = createDynamodbDouble({
  onUse: (_, used) => {
    for (const { kind, table, units } of used) meter.units(kind, table, units)
  },
})
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
  const [target, body] = [String(request.headers['x-amz-target']), Buffer.concat(chunks).toString()]
  const [service, operation] = target.split('.') as [string, string]
  meter.call(`${service.split('_')[0]} ${operation}`)
  if (service.startsWith('DynamoDB')) {
    const { statusCode, body: text } = answerOf(dynamodb, target, body)
    if (text.includes('NotInTheDouble')) throw new Error(`${text} for ${body.slice(0, 300)}`)
    response.writeHead(statusCode, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(text)
    return
  }
  if (operation !== 'PutRecords') throw new Error(`${service} ${operation} is not answered here`)
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
  response.end(JSON.stringify(take(JSON.parse(body) as Json)))
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
