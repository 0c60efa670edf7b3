import { CopyObjectCommand, HeadObjectCommand, UploadPartCopyCommand } from '@aws-sdk/client-s3'
import { TributaryError } from '../../../core/errors.ts'
import { isAbsent, type S3Bucket, s3Call } from './call.ts'
import { CHECKSUM, inParts } from './parts.ts'

/**
 * S3 copies up to 5 GB in one call, and more only in parts; a call of 1 GiB takes some ten seconds, and parts
 * go side by side.
 */
const MAX_COPY = 1024 ** 3
const COPY_PART_BYTES = 256 * 1024 ** 2

/** Copies an object within its bucket. @throws `not_found` */
export async function copyObject(s3: S3Bucket, from: string, to: string, known?: number): Promise<void> {
  const size = known ?? (await sizeOf(s3, from))
  const CopySource = `${s3.bucket}/${from.split('/').map(encodeURIComponent).join('/')}`
  if (size <= MAX_COPY) return copyWhole(s3, CopySource, from, to)
  await inParts(s3, to, size, COPY_PART_BYTES, async (part, start, length) => {
    const CopySourceRange = `bytes=${start}-${start + length - 1}`
    const command = new UploadPartCopyCommand({ ...part, CopySource, CopySourceRange })
    const what = `copy part ${part.PartNumber} of object ${from}`
    const answer = await s3Call(s3, what, abortSignal => s3.client.send(command, { abortSignal }))
    return answer.CopyPartResult!
  })
}

async function copyWhole(s3: S3Bucket, CopySource: string, from: string, to: string): Promise<void> {
  const command = new CopyObjectCommand({ Bucket: s3.bucket, Key: to, CopySource, ...CHECKSUM })
  await s3Call(s3, `copy object ${from}`, abortSignal =>
    s3.client.send(command, { abortSignal }).catch(error => {
      throw absentAs(error, s3, from)
    }),
  )
}

async function sizeOf(s3: S3Bucket, key: string): Promise<number> {
  const command = new HeadObjectCommand({ Bucket: s3.bucket, Key: key })
  const { ContentLength } = await s3Call(s3, `look at object ${key}`, abortSignal =>
    s3.client.send(command, { abortSignal }).catch(error => {
      throw absentAs(error, s3, key)
    }),
  )
  return ContentLength!
}

/** An absent object as the platform's error; any other failure as it is. */
export function absentAs(error: unknown, { bucket }: S3Bucket, key: string): unknown {
  if (!isAbsent(error)) return error
  return new TributaryError('not_found', `there is no object ${key} in bucket ${bucket}`, { cause: error })
}
