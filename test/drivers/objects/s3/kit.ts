import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { createS3Objects, type S3Objects } from '../../../../drivers/objects/s3/s3.ts'
import type { Ministack } from '../../../engines/ministack.ts'

/** An empty bucket on the emulator. */
export async function s3Bench(ministack: Ministack): Promise<{
  readonly client: S3Client
  readonly bucket: string
  readonly objects: S3Objects
}> {
  const client = new S3Client(ministack.settings())
  const bucket = ministack.name('bucket')
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  return { client, bucket, objects: createS3Objects({ client, bucket, deadlineMs: 20_000 }) }
}
