import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { buildFunction } from '../../../deploy/build-functions.ts'

const run = promisify(execFile)

test('a bundled function traces its handler and the AWS calls it makes', async () => {
  mkdirSync(resolve('.build'), { recursive: true })
  const folder = mkdtempSync(resolve('.build', 'test-traced-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [daemon, segments] = await startDaemon()
  const endpoint = await startEndpoint()
  writeFileSync(
    join(folder, 'traced.ts'),
    `import { ListTablesCommand } from '@aws-sdk/client-dynamodb'
     import { dynamodbClient } from ${JSON.stringify(resolve('drivers/aws/clients.ts'))}
     import { traced } from ${JSON.stringify(resolve('functions/observability/traced.ts'))}
     const handler = traced(() => dynamodbClient().send(new ListTablesCommand({})))
     await handler({ secret: 1 }, { awsRequestId: 'x', getRemainingTimeInMillis: () => 9000 })
     setTimeout(() => process.exit(), 200)`,
  )
  await buildFunction('traced', join(folder, 'out'), folder)
  await run(process.execPath, [join(folder, 'out', 'index.mjs')], {
    env: {
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon}`,
      _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1',
      LAMBDA_TASK_ROOT: folder,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'traced',
      _HANDLER: 'index.handler',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${endpoint}`,
    },
  })
  expect(segments.map(({ name, aws }) => [name, aws?.operation])).toEqual([
    ['DynamoDB', 'ListTables'],
    ['## index.handler', undefined],
  ])
  expect(JSON.stringify(segments)).not.toContain('secret')
})

type Segment = { readonly name: string; readonly aws?: { readonly operation: string } }

/** What takes the segments, as X-Ray's daemon does: a line of header, then the segment. */
async function startDaemon(): Promise<readonly [number, readonly Segment[]]> {
  const segments: Segment[] = []
  const daemon = createSocket('udp4')
  daemon.on('message', text => segments.push(JSON.parse(text.toString().split('\n')[1]!) as Segment))
  daemon.bind(0, '127.0.0.1')
  await once(daemon, 'listening')
  onTestFinished(() => void daemon.close())
  return [daemon.address().port, segments]
}

async function startEndpoint(): Promise<number> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{"TableNames":[]}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}
