import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { type FunctionLakeSettings, openFunctionLake } from '../../../../drivers/compose/aws/function-lake.ts'
import { createS3Objects, type S3Objects } from '../../../../drivers/objects/s3/s3.ts'
import type { Ministack } from '../../../engines/ministack.ts'

export type Bucket = {
  readonly objects: S3Objects
  readonly bucket: string
  /** A local folder of the test's own. */
  readonly folder: string
  dispose(): Promise<void>
}

/** An empty bucket. */
export async function openBucket(ministack: Ministack): Promise<Bucket> {
  const client = new S3Client(ministack.settings())
  const bucket = ministack.name('lake')
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  const folder = await mkdtemp(join(tmpdir(), 'lake-s3-'))
  return {
    objects: createS3Objects({ client, bucket }),
    bucket,
    folder,
    async dispose() {
      client.destroy()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The lake of a function with plenty of everything, but for what is given. */
export function openLake({ objects, bucket, folder }: Bucket, settings: Partial<FunctionLakeSettings> = {}) {
  return openFunctionLake({
    objects,
    bucket,
    scratch: join(folder, 'scratch'),
    memoryBytes: 1769 << 20,
    remainingMs: () => 600_000,
    ...settings,
  })
}

/**
 * Told of each call: its number (from 1) and the method's name. What it throws takes the place of the call,
 * or of its answer.
 */
export type Watch = {
  before?(call: number, method: keyof S3Objects): void
  after?(call: number, method: keyof S3Objects): void
}

/** Objects that a test watches, and can have fail. */
export function watched(objects: S3Objects, watch: Watch): S3Objects {
  let calls = 0
  const around = <A extends unknown[], R>(method: keyof S3Objects, call: (...args: A) => Promise<R>) => {
    return async (...args: A) => {
      const number = ++calls
      watch.before?.(number, method)
      const result = await call(...args)
      watch.after?.(number, method)
      return result
    }
  }
  return {
    put: around('put', objects.put),
    get: around('get', objects.get),
    list: around('list', objects.list),
    remove: around('remove', objects.remove),
    copy: around('copy', objects.copy),
    folders: around('folders', objects.folders),
    upload: around('upload', objects.upload),
    download: around('download', objects.download),
  }
}
