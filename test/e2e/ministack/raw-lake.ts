import { gunzipSync } from 'node:zlib'
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3'

/** Every line under a prefix of the bucket, inflated where it is compressed. */
export async function linesUnder(s3: S3Client, bucket: string, prefix: string): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const { Contents = [] } of paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: prefix },
  ))
    for (const { Key } of Contents) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: Key! }))
      const bytes = await Body!.transformToByteArray()
      const text = (
        bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : Buffer.from(bytes)
      ).toString()
      lines.push(...text.split('\n').filter(line => line !== ''))
    }
  return lines
}
