import { type FileHandle, open, rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { TributaryError } from '../../../core/errors.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import { isAbsent, type S3Bucket, s3Transfer } from './call.ts'
import { absentAs } from './copy.ts'
import { PART_BYTES, PARTS_IN_FLIGHT } from './parts.ts'

/** Most bytes that are read into memory. */
const MAX_IN_MEMORY = 64 * 1024 * 1024

/**
 * The whole content of a small object; the SDK compares it with the checksum that S3 keeps. Undefined where
 * there is none.
 */
export async function getBytes(s3: S3Bucket, key: string): Promise<Buffer | undefined> {
  const command = new GetObjectCommand({ Bucket: s3.bucket, Key: key })
  return s3Transfer(s3, `get object ${key}`, async abortSignal => {
    try {
      const answer = await s3.client.send(command, { abortSignal })
      if (answer.ContentLength! > MAX_IN_MEMORY) throw tooLarge(answer, key)
      return await bytesOf(answer, abortSignal)
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  })
}

/**
 * Writes an object to a file, part by part, some at a time; answers its ETag. All parts are of one version of
 * it: when it is replaced meanwhile the download fails. A file that is not whole is removed.
 *
 * @throws `not_found`; `unavailable` when the object was replaced meanwhile
 */
export async function getFile(s3: S3Bucket, key: string, file: string): Promise<string> {
  try {
    await using handle = await opened(file)
    const first = await firstPart(s3, key)
    await write(handle, first.bytes, 0, file)
    const starts = Array.from({ length: Math.ceil(first.size / PART_BYTES) }, (_, n) => n * PART_BYTES)
    await inParallel(starts.slice(1), PARTS_IN_FLIGHT, async start => {
      await write(handle, await partFrom(s3, key, start, first.etag), start, file)
    })
    return first.etag
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

type FirstPart = { readonly bytes: Buffer; readonly size: number; readonly etag: string }

async function firstPart(s3: S3Bucket, key: string): Promise<FirstPart> {
  const Range = `bytes=0-${PART_BYTES - 1}`
  return s3Transfer(s3, `get object ${key}`, async abortSignal => {
    try {
      const command = new GetObjectCommand({ Bucket: s3.bucket, Key: key, Range })
      return await partOf(await s3.client.send(command, { abortSignal }), abortSignal)
    } catch (error) {
      // There is no first byte of an empty object.
      if ((error as Error).name !== 'InvalidRange') throw absentAs(error, s3, key)
      const whole = new GetObjectCommand({ Bucket: s3.bucket, Key: key })
      return partOf(await s3.client.send(whole, { abortSignal }), abortSignal)
    }
  })
}

async function partOf(answer: GetObjectCommandOutput, abortSignal: AbortSignal): Promise<FirstPart> {
  const bytes = await bytesOf(answer, abortSignal)
  const size = Number(answer.ContentRange?.split('/')[1] ?? bytes.length)
  return { bytes, size, etag: answer.ETag! }
}

async function partFrom(s3: S3Bucket, key: string, start: number, etag: string): Promise<Buffer> {
  const Range = `bytes=${start}-${start + PART_BYTES - 1}`
  const command = new GetObjectCommand({ Bucket: s3.bucket, Key: key, Range, IfMatch: etag })
  return s3Transfer(s3, `get object ${key} from byte ${start}`, async abortSignal => {
    try {
      return await bytesOf(await s3.client.send(command, { abortSignal }), abortSignal)
    } catch (error) {
      if ((error as Error).name !== 'PreconditionFailed') throw error
      const detail = `object ${key} in bucket ${s3.bucket} was replaced while it was read`
      throw new TributaryError('unavailable', detail, { cause: error })
    }
  })
}

/** The body. A connection lost within it, or a stall, fails the call, which is then made again. */
async function bytesOf(answer: GetObjectCommandOutput, abortSignal: AbortSignal): Promise<Buffer> {
  const { Body, ContentLength } = answer
  const stop = () => (Body as Readable).destroy(abortSignal.reason)
  abortSignal.addEventListener('abort', stop, { once: true })
  try {
    if (abortSignal.aborted) throw abortSignal.reason
    const { buffer, byteOffset, byteLength } = await Body!.transformToByteArray()
    if (ContentLength !== undefined && byteLength !== ContentLength)
      throw Object.assign(new Error(`${byteLength} of ${ContentLength} bytes`), { code: 'ECONNRESET' })
    return Buffer.from(buffer, byteOffset, byteLength)
  } finally {
    abortSignal.removeEventListener('abort', stop)
  }
}

function tooLarge({ Body, ContentLength }: GetObjectCommandOutput, key: string): TributaryError {
  ;(Body as Readable).destroy()
  return new TributaryError('too_large', `object ${key} has ${ContentLength} bytes: download it into a file`)
}

async function opened(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'w')
  } catch (cause) {
    throw new TributaryError('storage_failed', `the file ${file} cannot be written`, { cause })
  }
}

async function write(handle: FileHandle, bytes: Buffer, start: number, file: string): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, start + done)
      done += bytesWritten
    }
  } catch (cause) {
    throw new TributaryError('storage_failed', `the file ${file} cannot be written; is the disk full?`, {
      cause,
    })
  }
}
