import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DeleteObjectsCommand, HeadBucketCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installMinistack } from '../engines/ministack/install.ts'
import { describeOnMinistack } from '../engines/ministack.ts'
import { knownTypes } from './emulated/known-types.ts'
import {
  deployments,
  EVERYTHING,
  type PackagedTemplate,
  packagedTemplate,
  unknownIn,
} from './emulated/stack.ts'

const PAGE = join(resolve(import.meta.dirname, '../..'), 'docs/documents-only.md')
const PATIENCE_MS = 240_000

describeOnMinistack('the template of a stage, on an emulator', [], ministack => {
  let known: ReadonlySet<string>
  let stacks: ReturnType<typeof deployments>
  const packages: PackagedTemplate[] = []
  const packaged = async (stage: string, ...options: string[]) => {
    const made = await packagedTemplate(stage, options)
    packages.push(made)
    return made
  }
  beforeAll(async () => {
    const installed = await installMinistack()
    if ('reason' in installed) throw new Error(installed.reason)
    known = await knownTypes(installed.python)
    stacks = deployments(ministack, known)
  })
  afterAll(() => Promise.all(packages.map(one => one.remove())))

  test('is made with every resource whose type the emulator knows; the others are listed in the docs', {
    timeout: PATIENCE_MS,
  }, async () => {
    const prod = await packaged('prod', '--param', 'deletionProtection=false')
    const made = await stacks.deploy('tributary-prod', prod, EVERYTHING)
    const unknown = unknownIn(prod.template, known)
    const wanted = Object.entries(prod.template.Resources).filter(
      ([, { Type, ...one }]) => !unknown.has(Type) && (one as Conditional).Condition !== 'WithMetricMath',
    )
    expect(Object.keys(made).toSorted()).toEqual(wanted.map(([id]) => id).toSorted())
    const listed = [...(await readFile(PAGE, 'utf8')).matchAll(/^\| `(AWS::\w+::\w+)` \|/gm)].map(
      ([, type]) => type,
    )
    expect(listed.toSorted()).toEqual([...unknown].toSorted())
  })

  test('is removed as the docs say, keeps its data, and can be deployed anew beside it', {
    timeout: PATIENCE_MS,
  }, async () => {
    const lake = (await stacks.resource('tributary-prod', 'LakeBucket'))!
    await stacks.remove('tributary-prod')
    await stacks.s3.send(new HeadBucketCommand({ Bucket: lake }))
    const again = await packaged('prod', '--param', 'suffix=-2', '--param', 'deletionProtection=false')
    const made = await stacks.deploy('tributary-prod-2', again, EVERYTHING)
    expect(made['LakeBucket']).not.toBe(lake)
    await stacks.s3.send(new HeadBucketCommand({ Bucket: made['LakeBucket'] }))
  })

  test('is deployed again under the same names where nothing was to be kept', {
    timeout: PATIENCE_MS,
  }, async () => {
    const dev = await packaged('dev')
    const first = await stacks.deploy('tributary-dev', dev, { MetricMath: 'false' })
    for (const id of ['LakeBucket', 'AccessLogBucket', 'ServerlessDeploymentBucket'])
      await emptied(first[id]!)
    await stacks.remove('tributary-dev')
    await expect(stacks.s3.send(new HeadBucketCommand({ Bucket: first['LakeBucket'] }))).rejects.toThrow()
    const second = await stacks.deploy('tributary-dev', dev, { MetricMath: 'false' })
    expect(second['LakeBucket']).toBe(first['LakeBucket'])
  })

  /** Removes every version of every object of a bucket. */
  async function emptied(Bucket: string): Promise<void> {
    const { Versions = [], DeleteMarkers = [] } = await stacks.s3.send(
      new ListObjectVersionsCommand({ Bucket }),
    )
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }))
    if (Objects.length > 0) await stacks.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
  }
})

type Conditional = { readonly Condition?: string }
