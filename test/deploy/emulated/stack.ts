import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation'
import { S3Client } from '@aws-sdk/client-s3'
import { packageTemplate } from '../../../deploy/check/package.ts'
import { readTemplate, type Template } from '../../../deploy/check/template.ts'
import { deployService } from '../../e2e/ministack/deploy.ts'
import { until } from '../../e2e/ministack/until.ts'
import type { Ministack } from '../../engines/ministack.ts'
import { without } from './without.ts'

const DELETED_MS = 60_000

/** Stack parameters that switch on all that a stack can have, as far as the emulator knows it. */
export const EVERYTHING = {
  Warehouse: 'true',
  Heavy: 'true',
  Console: 'true',
  ConsoleDomain: 'console.example.com',
  ConsoleCertificate: 'arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012',
  Rollout: 'Canary10Percent5Minutes',
  Issuer: 'https://issuer.example',
  Audience: 'tributary',
  WarehouseFrom: '10.1.0.0/16',
  WarehousePublic: 'true',
  Origins: 'https://shop.example',
  AlarmEmail: 'ops@example.com',
  MonthlyBudget: '100',
  RawDays: '90',
  BackupCopyVault: 'arn:aws:backup:eu-west-1:000000000000:backup-vault:tributary-prod',
  // The emulator refuses alarms on expressions.
  MetricMath: 'false',
}

/** A package without bundles: templates of the stage, and one archive of nothing. */
export async function packagedTemplate(stage: string, options: readonly string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-emulated-'))
  const file = await packageTemplate(stage, folder, options)
  return {
    template: await readTemplate(file),
    create: await readFile(join(dirname(file), 'cloudformation-template-create-stack.json'), 'utf8'),
    archive: join(folder, 'empty.zip'),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

export type PackagedTemplate = Awaited<ReturnType<typeof packagedTemplate>>

/** Deploys templates to an emulator, without resources of types that it does not know, and deletes stacks. */
export function deployments(ministack: Ministack, known: ReadonlySet<string>) {
  const cloudformation = new CloudFormationClient(ministack.settings())
  const clients = { cloudformation, s3: new S3Client(ministack.settings()) }
  return {
    ...clients,
    async deploy(
      stack: string,
      { template, create, archive }: PackagedTemplate,
      parameters: Record<string, string>,
    ) {
      const update = JSON.stringify(without(template, unknownIn(template, known)))
      const keys = new Set([...update.matchAll(/"S3Key": *"([^"]+)"/g)].map(([, key]) => key!))
      const archives = [...keys].map(key => ({ key, file: archive }))
      return deployService(clients, stack, { create, update, archives }, parameters)
    },
    /** Physical name of a resource. */
    async resource(StackName: string, LogicalResourceId: string): Promise<string | undefined> {
      const asked = new DescribeStackResourceCommand({ StackName, LogicalResourceId })
      return (await cloudformation.send(asked)).StackResourceDetail?.PhysicalResourceId
    },
    /** Deletes a stack, and waits until it is gone. */
    async remove(StackName: string): Promise<void> {
      await cloudformation.send(new DeleteStackCommand({ StackName }))
      await until(`${StackName} is gone`, DELETED_MS, async () => {
        const gone = cloudformation.send(new DescribeStacksCommand({ StackName }))
        const { Stacks = [] } = await gone.catch(() => ({ Stacks: [] }))
        const left = Stacks.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE')
        if (left.length > 0) throw new Error(`${left[0]!.StackStatus}: ${left[0]!.StackStatusReason}`)
      })
    },
  }
}

/** Types of a template that the emulator does not know. */
export function unknownIn({ Resources }: Template, known: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(Object.values(Resources).flatMap(({ Type }) => (known.has(Type) ? [] : [Type])))
}
