import { DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { TributaryError } from '../../../core/errors.ts'
import type { SomeFolders } from '../../../core/ports/lake-folder.ts'
import type { ListedObject, ListOptions } from '../../../core/ports/objects.ts'
import { type S3Bucket, s3Call } from './call.ts'

/** S3 answers and takes at most this many keys a call. */
const PAGE = 1_000
/** Most keys of a list without a limit: what fits into memory, and 100 calls. */
const MAX_LISTED = 100_000

/** Objects under a prefix, by key. */
export async function listObjects(
  s3: S3Bucket,
  prefix: string,
  options: ListOptions = {},
): Promise<readonly ListedObject[]> {
  const { limit = MAX_LISTED + 1 } = options
  const listed: ListedObject[] = []
  let { after } = options
  for (let isLast = false; !isLast && listed.length < limit; after = listed.at(-1)?.key) {
    const page = await listPage(s3, prefix, after, Math.min(PAGE, limit - listed.length))
    listed.push(...page.objects)
    isLast = page.isLast
  }
  if (listed.length > MAX_LISTED && options.limit === undefined)
    throw new TributaryError('too_large', `there are more than ${MAX_LISTED} objects under ${prefix}`)
  return listed
}

async function listPage(s3: S3Bucket, Prefix: string, StartAfter: string | undefined, MaxKeys: number) {
  const command = new ListObjectsV2Command({ Bucket: s3.bucket, Prefix, StartAfter, MaxKeys })
  const { Contents = [], IsTruncated } = await s3Call(s3, `list objects under ${Prefix}`, abortSignal =>
    s3.client.send(command, { abortSignal }),
  )
  const objects = Contents.map(({ Key, Size, ETag, LastModified }) => ({
    ...{ key: Key!, bytes: Size!, etag: ETag!, writtenAt: LastModified!.getTime() },
  }))
  return { objects, isLast: IsTruncated !== true || objects.length === 0 }
}

/** Names of the folders directly under a prefix that ends with `/`, sorted. */
export async function listFolders(
  s3: S3Bucket,
  prefix: string,
  { after, limit }: SomeFolders = {},
): Promise<readonly string[]> {
  const names: string[] = []
  // The next byte after the slash that ends the folder's keys: what is in it comes before, what follows it
  // after.
  const StartAfter = after === undefined ? undefined : `${prefix}${after}0`
  let token: string | undefined
  do {
    const most = Math.min(PAGE, (limit ?? Number.POSITIVE_INFINITY) - names.length)
    const query = { Bucket: s3.bucket, Prefix: prefix, Delimiter: '/', MaxKeys: most }
    const place = token === undefined ? { StartAfter } : { ContinuationToken: token }
    const { CommonPrefixes = [], NextContinuationToken } = await s3Call(
      s3,
      `list folders under ${prefix}`,
      abortSignal => s3.client.send(new ListObjectsV2Command({ ...query, ...place }), { abortSignal }),
    )
    for (const { Prefix } of CommonPrefixes) names.push(Prefix!.slice(prefix.length, -1))
    token = NextContinuationToken
    if (limit === undefined && names.length > MAX_LISTED)
      throw new TributaryError('too_large', `there are more than ${MAX_LISTED} folders under ${prefix}`)
  } while (token !== undefined && names.length < (limit ?? Number.POSITIVE_INFINITY))
  return names.sort()
}

/** Removes objects. S3 answers key by key; what fails for now is asked for again. */
export async function removeObjects(s3: S3Bucket, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += PAGE) {
    let open = keys.slice(from, from + PAGE)
    await s3Call(s3, `remove ${open.length} objects`, async abortSignal => {
      const Delete = { Objects: open.map(Key => ({ Key })), Quiet: true }
      const command = new DeleteObjectsCommand({ Bucket: s3.bucket, Delete })
      const { Errors = [] } = await s3.client.send(command, { abortSignal })
      if (Errors.length === 0) return
      open = Errors.map(({ Key }) => Key!)
      const name = Errors[0]!.Code ?? 'InternalError'
      throw Object.assign(new Error(`${open.length} objects remain`), { name })
    })
  }
}
