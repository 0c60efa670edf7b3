import { S3Client } from '@aws-sdk/client-s3'
import { createS3Objects, type S3Objects } from '../objects/s3/s3.ts'
import { clientOptions, instrumented } from './client-options.ts'

/**
 * Objects of a bucket, with a client of their own. Loaded when they are first needed: see
 * `createLazyS3Objects`.
 */
export function s3Objects(bucket: string): S3Objects {
  return createS3Objects({ client: instrumented(new S3Client(clientOptions())), bucket })
}
