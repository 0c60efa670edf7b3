import { parseArgs } from 'node:util'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type Clients, describeChanges, executeChangeSet, makeChangeSet } from './change-set/change-set.ts'
import { type Package, readPackage } from './change-set/read-package.ts'
import { physicalName } from './change-set/stack.ts'
import { consoleObjects, uploadConsole } from './console/upload.ts'

const USAGE = 'node deploy/change-set.ts make|execute --package <folder> --name <name> --region <region>'

/**
 * `make`: uploads a package and makes a change set of it, whose changes are printed as a table for whoever
 * approves it. `execute`: does it, waits, and writes the console's files where the stage has one. With the
 * credentials of the environment.
 */
async function main(): Promise<void> {
  const text = { type: 'string' as const }
  const options = { package: text, name: text, region: text }
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const [action] = positionals
  const { package: folder, name, region } = values
  if (folder === undefined || name === undefined || region === undefined) throw new Error(USAGE)
  const clients = { cloudformation: new CloudFormationClient({ region }), s3: new S3Client({ region }) }
  const pack = await readPackage(folder)
  if (action === 'make') process.stdout.write(describeChanges(await makeChangeSet(clients, pack, name)))
  else if (action === 'execute') await execute(clients, pack, name)
  else throw new Error(USAGE)
}

/** A console that has not been built stops it before anything is deployed. */
async function execute(clients: Clients, { stack, template }: Package, name: string): Promise<void> {
  const objects = hasConsole(template) ? await consoleObjects() : []
  await executeChangeSet(clients, stack, name)
  if (objects.length === 0) return
  const Bucket = await physicalName(clients.cloudformation, stack, 'ConsoleBucket')
  await uploadConsole(objects, object => clients.s3.send(new PutObjectCommand({ Bucket, ...object })))
}

function hasConsole(template: string): boolean {
  const { Parameters } = JSON.parse(template) as {
    readonly Parameters?: { readonly Console?: { readonly Default?: string } }
  }
  return Parameters?.Console?.Default === 'true'
}

await main()
