import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { keysUnder } from '../ministack/raw-lake.ts'
import type { DrillStage } from './stage.ts'

/** An object of a lake with what belongs to it. */
type Copied = {
  readonly Key: string
  readonly Body: Uint8Array
  readonly ContentType: string | undefined
  readonly ContentEncoding: string | undefined
  readonly Metadata: Record<string, string> | undefined
}

/** A copy of the lake of a stage, as AWS Backup has one: every object, and nothing else of the stage. */
export async function copyLake({ platform }: DrillStage): Promise<readonly Copied[]> {
  const { s3, lake: Bucket } = platform
  const copied: Copied[] = []
  for (const Key of await keysUnder(s3, Bucket, '')) {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }))
    const { ContentType, ContentEncoding, Metadata } = got
    copied.push({ Key, Body: await got.Body!.transformToByteArray(), ContentType, ContentEncoding, Metadata })
  }
  return copied
}

/** Puts a copy into the lake of another stage; its notifications are sent as of any other object. */
export async function putLake({ platform }: DrillStage, copied: readonly Copied[]): Promise<void> {
  const { s3, lake: Bucket } = platform
  for (const { Key, Body, ...own } of copied)
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ...own }))
}
