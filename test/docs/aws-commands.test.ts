import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import process from 'node:process'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { knownTypes } from '../deploy/emulated/known-types.ts'
import { deployments, EVERYTHING, packagedTemplate } from '../deploy/emulated/stack.ts'
import { installAwsCli } from '../engines/aws-cli/install.ts'
import { installMinistack } from '../engines/ministack/install.ts'
import { ACCOUNT, describeOnMinistack } from '../engines/ministack.ts'
import { awsCommands, operationOf, UNANSWERED } from './aws-commands.ts'

/**
 * The commands of the pages for AWS's own command line, run by it on an emulator with both stages deployed.
 */

const PAGE = join(resolve(import.meta.dirname, '../..'), 'docs/documents-only.md')
const commands = awsCommands()
const named = commands.map(({ page, text }) => [`${page}: ${text.split('\n')[0]}`, text] as const)
const cli = await installAwsCli()
if ('reason' in cli) {
  console.warn(`skipped: commands of aws: ${cli.reason}`)
  test.skip(cli.reason)
} else
  describeOnMinistack('a command of aws that a page shows', [], ministack => {
    let folder = ''
    /** What stands in the pages for something of the reader's own. */
    let own: readonly (readonly [string, string])[] = []

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tributary-aws-'))
      const installed = await installMinistack()
      if ('reason' in installed) throw new Error(installed.reason)
      const stacks = deployments(ministack, await knownTypes(installed.python))
      const [prod, dev] = [await packagedTemplate('prod'), await packagedTemplate('dev')]
      const made = await stacks.deploy('tributary-prod', prod, EVERYTHING)
      await stacks.deploy('tributary-dev', dev, { MetricMath: 'false' })
      await Promise.all([prod.remove(), dev.remove()])
      await writeFile(join(folder, 'arrival.json'), '{"Records":[]}')
      const put = { Bucket: made['LakeBucket']!, Key: 'raw/one', Body: 'one' }
      const { VersionId } = await stacks.s3.send(new PutObjectCommand(put))
      const queue = `${ministack.endpoint}/${ACCOUNT}/tributary-prod-dead-letters`
      const role = `arn:aws:iam::${ACCOUNT}:role/${made['BackupRole']}`
      own = [
        ...([
          ['<stack>', 'tributary-prod'],
          ['<region>', 'eu-central-1'],
          ['<other region>', 'eu-west-1'],
        ] as const),
        ...([
          ['<lake>', put.Bucket],
          ['<key>', put.Key],
          ['<version>', VersionId ?? 'null'],
        ] as const),
        ...([
          ['<mapping>', made['SpeedMapping']!],
          ['<queue>', queue],
        ] as const),
        ...([
          ['<recovery point>', 'arn:aws:backup:eu-west-1:1:recovery-point:1'],
          ['<role>', role],
        ] as const),
        ...([
          ['<subnet>', made['SubnetA'] ?? 'subnet-1'],
          ['<id of the API>', made['HttpApi']!],
          ['<id>', made['HttpApi']!],
          ['<certificate>', `arn:aws:acm:eu-central-1:${ACCOUNT}:certificate/1`],
          ['<secret>', 'of-a-key'],
        ] as const),
      ]
      await aws(`aws sqs send-message --queue-url ${queue} --message-body '{}'`)
    }, 240_000)
    afterAll(() => rm(folder, { recursive: true, force: true }))

    test.each(named)('%s', { timeout: 120_000 }, async (_, text) => {
      const command = own.reduce((made, [theirs, ours]) => made.replaceAll(theirs, ours), text)
      expect(command.replaceAll(/'[^']*'/g, ''), 'what the reader has to fill in').not.toMatch(
        /<[a-zA-Z ]+>|…/,
      )
      const { code, printed } = await aws(command)
      if (UNANSWERED.has(operationOf(text))) {
        expect(code).not.toBe(0)
        expect(printed).toMatch(/An error occurred \([^)]*\) when calling the \w+ operation/)
      } else expect(code, printed).toBe(0)
      // What one command prints, the next one is given.
      const handle = /"ReceiptHandle": "([^"]+)"/.exec(printed)?.[1]
      if (handle !== undefined) own = [...own, ['<ReceiptHandle>', handle]]
    })

    /** Not by AWS_ENDPOINT_URL, which this version does not heed for SQS. */
    const aws = (command: string) => sh(command.replace(/^aws /, `aws --endpoint-url ${ministack.endpoint} `))

    function sh(command: string): Promise<{ readonly code: number; readonly printed: string }> {
      const env = {
        ...{ HOME: folder, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_MAX_ATTEMPTS: '1' },
        ...{ AWS_DEFAULT_REGION: 'eu-central-1', AWS_RETRY_MODE: 'standard' },
        PATH: [(cli as { bin: string }).bin, process.env['PATH']].join(delimiter),
      }
      return new Promise(done =>
        execFile('sh', ['-c', command], { cwd: folder, env, timeout: 100_000 }, (error, stdout, stderr) =>
          done({ code: error === null ? 0 : Number(error.code ?? 1), printed: `${stdout}${stderr}` }),
        ),
      )
    }
  })

test('commands that nothing answers here are those that the docs list', async () => {
  const listed = [...(await readFile(PAGE, 'utf8')).matchAll(/^\| `([a-z-]+ [a-z-]+)` \|/gm)].map(
    ([, one]) => one!,
  )
  expect(listed.toSorted()).toEqual([...UNANSWERED].toSorted())
  const shown = new Set(commands.map(({ text }) => operationOf(text)))
  expect([...UNANSWERED].filter(one => !shown.has(one))).toEqual([])
})
