import { parseArgs } from 'node:util'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { S3Client } from '@aws-sdk/client-s3'
import { describeChanges, executeChangeSet, makeChangeSet } from './change-set/change-set.ts'
import { readPackage } from './change-set/read-package.ts'

const USAGE = 'node deploy/change-set.ts make|execute --package <folder> --name <name> --region <region>'

/**
 * `make`: uploads a package and makes a change set of it, whose changes are printed as a table for whoever
 * approves it. `execute`: does it, and waits. With the credentials of the environment.
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
  else if (action === 'execute') await executeChangeSet(clients, pack.stack, name)
  else throw new Error(USAGE)
}

await main()
