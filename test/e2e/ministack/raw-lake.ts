import { gunzipSync } from 'node:zlib'
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3'

/** Keys of the objects under a prefix of the bucket. */
export async function keysUnder(
  client: S3Client,
  bucket: string,
  prefix: string,
): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }))
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key!))
  return keys
}

/** Every line under a prefix of the bucket, inflated where it is compressed. */
export async function linesUnder(
  client: S3Client,
  bucket: string,
  prefix: string,
): Promise<readonly string[]> {
  const lines: string[] = []
  for (const key of await keysUnder(client, bucket, prefix)) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    const bytes = await Body!.transformToByteArray()
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
    const text = Buffer.from(isGzip ? gunzipSync(bytes) : bytes).toString()
    lines.push(...text.split('\n').filter(line => line !== ''))
  }
  return lines
}

/** Epochs that the raw lake has events of, as its folders name them. */
export async function rawEpochs(client: S3Client, bucket: string): Promise<ReadonlySet<string>> {
  const keys = await keysUnder(client, bucket, 'raw/')
  return new Set(keys.map(key => /\/epoch=([^/]+)\//.exec(key)![1]!))
}
