import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterEach, expect, test } from 'vitest'
import { PAGES } from '../../core/api/console-page.ts'
import { describeChanges, executeChangeSet, makeChangeSet } from '../../deploy/change-set/change-set.ts'
import { readPackage } from '../../deploy/change-set/read-package.ts'
import { physicalName, stackStatus } from '../../deploy/change-set/stack.ts'
import { consoleObjects } from '../../deploy/console/upload.ts'
import { describeOnMinistack } from '../engines/ministack.ts'

const run = promisify(execFile)

const PREFIX = 'serverless/tributary/test/1-2026'
const BUCKET = { ServerlessDeploymentBucket: { Type: 'AWS::S3::Bucket' } }

let folder = ''
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A folder as `npx serverless package` leaves one, with these further resources. */
async function packaged(stack: string, resources: object, more: object = {}): Promise<string> {
  folder = await mkdtemp(join(tmpdir(), 'tributary-package-'))
  const layer = { Type: 'AWS::Lambda::LayerVersion', Properties: { Content: { S3Key: `${PREFIX}/one.zip` } } }
  const files = {
    'cloudformation-template-create-stack.json': { Resources: BUCKET },
    'cloudformation-template-update-stack.json': {
      Resources: { ...BUCKET, ...resources },
      Metadata: { layer },
      ...more,
    },
    'serverless-state.json': {
      service: { provider: { stackTags: { Stack: stack, Stage: 'test' } } },
      package: { artifactDirectoryName: PREFIX },
    },
  }
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), JSON.stringify(content))
  await writeFile(join(folder, 'one.zip'), 'bytes')
  return folder
}

const queue = (name: string) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName: name } })

describeOnMinistack('a change set of a package', ['cloudformation', 's3', 'sqs'], ministack => {
  test('shows what would change, changes nothing before it is executed, and then all of it', async () => {
    const clients = {
      cloudformation: new CloudFormationClient(ministack.settings()),
      s3: new S3Client(ministack.settings()),
    }
    const stack = ministack.name('stack')
    const pack = await readPackage(await packaged(stack, { Queue: queue(`${stack}-one`) }))
    const changes = await makeChangeSet(clients, pack, 'first')
    expect(describeChanges(changes)).toContain('| Add | Queue | AWS::SQS::Queue |')
    await expect(physicalName(clients.cloudformation, stack, 'Queue')).rejects.toThrow()
    const Bucket = await physicalName(clients.cloudformation, stack, 'ServerlessDeploymentBucket')
    const archive = await clients.s3.send(new GetObjectCommand({ Bucket, Key: `${PREFIX}/one.zip` }))
    expect(await archive.Body!.transformToString()).toBe('bytes')

    await executeChangeSet(clients, stack, 'first')
    expect(await physicalName(clients.cloudformation, stack, 'Queue')).toContain(`${stack}-one`)
    expect(await stackStatus(clients.cloudformation, stack)).toBe('UPDATE_COMPLETE')
  })

  test('is made and executed by the command of the docs', { timeout: 120_000 }, async () => {
    const stack = ministack.name('stack')
    const from = await packaged(stack, { Queue: queue(`${stack}-one`) })
    const env = {
      ...{ PATH: process.env['PATH'], AWS_ENDPOINT_URL: ministack.endpoint },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    }
    const command = async (...action: string[]) => {
      const options = ['--package', from, '--name', 'first', '--region', 'eu-central-1']
      return (await run(process.execPath, ['deploy/change-set.ts', ...action, ...options], { env })).stdout
    }
    expect(await command('make')).toContain('| Add | Queue | AWS::SQS::Queue |')
    await command('execute')
    const cloudformation = new CloudFormationClient(ministack.settings())
    expect(await physicalName(cloudformation, stack, 'Queue')).toContain(`${stack}-one`)
    await expect(command()).rejects.toThrow(/change-set\.ts make\|execute --package/)
  })

  test('writes the console of a stage that has one, each page under its address, once it is deployed', {
    timeout: 120_000,
  }, async () => {
    const stack = ministack.name('stack')
    const bucket = { ConsoleBucket: { Type: 'AWS::S3::Bucket' } }
    const parameter = (Default: string) => ({ Parameters: { Console: { Type: 'String', Default } } })
    const env = {
      ...{ PATH: process.env['PATH'], AWS_ENDPOINT_URL: ministack.endpoint },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    }
    // npm builds it where packages are installed with their scripts.
    if (!existsSync('console/dist')) await run(process.execPath, ['console/build/build.ts'])
    const from = await packaged(stack, bucket, parameter('true'))
    for (const action of ['make', 'execute']) {
      const options = ['--package', from, '--name', 'first', '--region', 'eu-central-1']
      await run(process.execPath, ['deploy/change-set.ts', action, ...options], { env })
    }
    const s3 = new S3Client(ministack.settings())
    const cloudformation = new CloudFormationClient(ministack.settings())
    const Bucket = await physicalName(cloudformation, stack, 'ConsoleBucket')
    const objects = await consoleObjects()
    for (const { Key, Body, ContentType, CacheControl } of objects) {
      const there = await s3.send(new GetObjectCommand({ Bucket, Key }))
      expect(Buffer.from(await there.Body!.transformToByteArray())).toEqual(Body)
      expect([Key, there.ContentType, there.CacheControl]).toEqual([Key, ContentType, CacheControl])
    }
    // What a page names is there before the page is.
    const keys = objects.map(({ Key }) => Key)
    expect(keys.slice(-PAGES.length)).toEqual(['index.html', ...PAGES.slice(1).map(path => path.slice(1))])
  })

  test('refuses what the framework refuses: a stage that keeps its data and has nobody to hear its alarms', async () => {
    const clients = {
      cloudformation: new CloudFormationClient(ministack.settings()),
      s3: new S3Client(ministack.settings()),
    }
    const stack = ministack.name('stack')
    const lake = { Type: 'AWS::S3::Bucket', DeletionPolicy: 'RetainExceptOnCreate' }
    const pack = await readPackage(await packaged(stack, { LakeBucket: lake }))
    await expect(makeChangeSet(clients, pack, 'first')).rejects.toThrow(/alarmEmail/)
    expect(await stackStatus(clients.cloudformation, stack)).toBeUndefined()
  })

  test('refuses a package that lacks an archive, naming it', async () => {
    await packaged('s', {})
    await rm(join(folder, 'one.zip'))
    await expect(readPackage(folder)).rejects.toThrow(/one\.zip is not in .*serverless package/)
  })
})

test('a table of changes begins with what is replaced or removed', () => {
  const change = (Action: 'Add' | 'Modify' | 'Remove', LogicalResourceId: string, Replacement?: 'True') => ({
    ResourceChange: {
      Action,
      LogicalResourceId,
      ResourceType: 'AWS::X',
      ...(Replacement && { Replacement }),
    },
  })
  const table = describeChanges([
    change('Add', 'A'),
    change('Modify', 'Table', 'True'),
    change('Remove', 'B'),
  ])
  expect(table.split('\n').slice(2, 5)).toEqual([
    ...['| REPLACE | Table | AWS::X |', '| REMOVE | B | AWS::X |', '| Add | A | AWS::X |'],
  ])
  expect(describeChanges([])).toBe('Nothing changes.\n')
})

test('a console that has not been built stops a deployment, with the remedy', async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-no-console-'))
  await expect(consoleObjects(folder)).rejects.toThrow(/has no console; run npm run build:console/)
})
