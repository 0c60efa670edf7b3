import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
} from '@aws-sdk/client-s3'
import { inParallel } from '../../aws/in-parallel.ts'
import { type S3Bucket, s3Call } from './call.ts'

/**
 * S3's limits: 10,000 parts, of at least 5 MiB but for the last. Four parts in flight take 64 MiB of memory.
 */
export const PART_BYTES = 16 * 1024 * 1024
export const PARTS_IN_FLIGHT = 4
const MAX_PARTS = 10_000

/** S3 compares this checksum with what it received and keeps it beside the object. */
export const CHECKSUM = { ChecksumAlgorithm: 'CRC32' } as const

/** Names a part, as the part commands take it. */
export type Part = {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string
  readonly PartNumber: number
}

/** What S3 answers to a part. */
export type PartAnswer = {
  readonly ETag?: string | undefined
  readonly ChecksumCRC32?: string | undefined
}

/**
 * Makes an object of `size` bytes out of parts that `store` stores, some at a time; answers its ETag. When
 * one fails the whole is given up, and nothing is seen of it.
 */
export async function inParts(
  s3: S3Bucket,
  key: string,
  size: number,
  leastPartBytes: number,
  store: (part: Part, start: number, length: number) => Promise<PartAnswer>,
): Promise<string> {
  const partBytes = Math.max(leastPartBytes, Math.ceil(size / MAX_PARTS))
  const upload = { Bucket: s3.bucket, Key: key, UploadId: await begin(s3, key) }
  try {
    const parts: CompletedPart[] = []
    const places = Array.from({ length: Math.ceil(size / partBytes) }, (_, place) => place)
    await inParallel(places, PARTS_IN_FLIGHT, async place => {
      const start = place * partBytes
      const part = { ...upload, PartNumber: place + 1 }
      const { ETag, ChecksumCRC32 } = await store(part, start, Math.min(partBytes, size - start))
      parts[place] = { PartNumber: place + 1, ETag, ChecksumCRC32 }
    })
    return await complete(s3, upload, parts, size)
  } catch (error) {
    await abandon(s3, upload)
    throw error
  }
}

async function begin(s3: S3Bucket, key: string): Promise<string> {
  const create = new CreateMultipartUploadCommand({ Bucket: s3.bucket, Key: key, ...CHECKSUM })
  const { UploadId } = await s3Call(s3, `begin object ${key}`, abortSignal =>
    s3.client.send(create, { abortSignal }),
  )
  return UploadId!
}

type Upload = Omit<Part, 'PartNumber'>

async function complete(s3: S3Bucket, upload: Upload, Parts: CompletedPart[], size: number): Promise<string> {
  const command = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })
  let attempts = 0
  return s3Call(s3, `complete object ${upload.Key}`, async abortSignal => {
    attempts += 1
    try {
      return (await s3.client.send(command, { abortSignal })).ETag!
    } catch (error) {
      // A call whose answer was lost had completed the upload: the repeated one finds none.
      if (attempts === 1 || (error as Error).name !== 'NoSuchUpload') throw error
      const head = new HeadObjectCommand({ Bucket: upload.Bucket, Key: upload.Key })
      const { ContentLength, ETag } = await s3.client.send(head, { abortSignal })
      if (ContentLength !== size || !ETag!.endsWith(`-${Parts.length}"`)) throw error
      return ETag!
    }
  })
}

/**
 * The parts of an upload that was given up cost storage. What this call cannot remove, the bucket's lifecycle
 * rule does.
 */
async function abandon(s3: S3Bucket, upload: Upload): Promise<void> {
  const command = new AbortMultipartUploadCommand(upload)
  await s3.client.send(command, { abortSignal: AbortSignal.timeout(5_000) }).catch(noop)
}

function noop(): void {}
