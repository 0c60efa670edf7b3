import { type FileHandle, open } from 'node:fs/promises'
import { PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { TributaryError } from '../../../core/errors.ts'
import { type S3Bucket, s3Transfer } from './call.ts'
import { CHECKSUM, inParts, PART_BYTES } from './parts.ts'

/** Stores bytes as one object; answers its ETag. */
export async function putBytes(s3: S3Bucket, key: string, content: Uint8Array): Promise<string> {
  const { client, bucket } = s3
  const put = new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ...CHECKSUM })
  const { ETag } = await s3Transfer(s3, `put object ${key}`, abortSignal => client.send(put, { abortSignal }))
  return ETag!
}

/** Stores a file as one object, in one call or in parts when it is larger than one; answers its ETag. */
export async function putFile(s3: S3Bucket, key: string, file: string): Promise<string> {
  await using handle = await opened(file)
  const { size } = await handle.stat()
  if (size <= PART_BYTES) return await putBytes(s3, key, await chunk(handle, 0, size, file))
  // Awaited here: the file is closed when this function returns.
  return await inParts(s3, key, size, PART_BYTES, async (part, start, length) => {
    const Body = await chunk(handle, start, length, file)
    const command = new UploadPartCommand({ ...part, Body, ...CHECKSUM })
    const what = `put part ${part.PartNumber} of object ${key}`
    return s3Transfer(s3, what, abortSignal => s3.client.send(command, { abortSignal }))
  })
}

async function opened(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r')
  } catch (cause) {
    throw new TributaryError('storage_failed', `the file ${file} cannot be read`, { cause })
  }
}

async function chunk(handle: FileHandle, start: number, length: number, file: string): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  for (let read = 0; read < length; ) {
    const { bytesRead } = await handle.read(buffer, read, length - read, start + read)
    if (bytesRead === 0) throw new TributaryError('storage_failed', `the file ${file} became shorter`)
    read += bytesRead
  }
  return buffer
}
