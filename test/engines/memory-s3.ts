import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { awsFault } from './aws-faults.ts'

/** A bucket in memory for drivers/objects/s3, which counts its requests: a year of objects fits. */
export type MemoryS3 = {
  readonly client: S3Client
  /** Requests so far, by command. */
  readonly requests: Map<string, number>
  keys(): readonly string[]
  get(key: string): Buffer | undefined
  /** Puts objects there without a request. */
  add(objects: ReadonlyMap<string, Buffer>): void
}

type Input = Readonly<Record<string, unknown>>
type Stored = { readonly body: Buffer; readonly etag: string; readonly at: Date }

export function createMemoryS3(): MemoryS3 {
  const store = new Map<string, Stored>()
  const requests = new Map<string, number>()
  /** Sorted, as S3 lists them; all keys here are ASCII. */
  let sorted: string[] | undefined = []
  const keys = () => {
    sorted ??= [...store.keys()].sort()
    return sorted
  }
  const set = (key: string, body: Buffer) => {
    if (sorted !== undefined && !store.has(key)) sorted.splice(firstFrom(sorted, key), 0, key)
    store.set(key, { body, etag: `"${createHash('md5').update(body).digest('hex')}"`, at: new Date() })
  }
  const drop = (key: string) => {
    if (store.delete(key)) sorted?.splice(firstFrom(sorted, key), 1)
  }
  const found = (key: unknown): Stored => {
    const object = store.get(String(key))
    if (object === undefined) throw awsFault('NoSuchKey', 404)
    return object
  }

  const commands: Record<string, (input: Input) => unknown> = {
    ListObjectsV2: input => listed(keys(), store, input),
    HeadObject: ({ Key }) => ({ ContentLength: found(Key).body.length, ETag: found(Key).etag }),
    GetObject({ Key, Range }) {
      const { body, etag } = found(Key)
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(String(Range ?? '')) ?? []
      if (from !== undefined && Number(from) >= body.length) throw awsFault('InvalidRange', 416)
      const part = from === undefined ? body : body.subarray(Number(from), Number(to) + 1)
      const Body = Object.assign(Readable.from([part]), {
        transformToByteArray: async () => new Uint8Array(part),
      })
      const ContentRange = `bytes ${from}-${Number(from) + part.length - 1}/${body.length}`
      return { Body, ContentLength: part.length, ETag: etag, ...(from !== undefined && { ContentRange }) }
    },
    async PutObject({ Key, Body }) {
      set(String(Key), await bytesOf(Body))
      return { ETag: found(Key).etag }
    },
    CopyObject({ Key, CopySource }) {
      const source = decodeURIComponent(String(CopySource)).replace(/^[^/]+\//, '')
      set(String(Key), found(source).body)
      return { CopyObjectResult: { ETag: found(Key).etag } }
    },
    DeleteObjects({ Delete }) {
      for (const { Key } of (Delete as { Objects: { Key: string }[] }).Objects) drop(Key)
      return {}
    },
  }
  const send = async (command: {
    readonly input: Input
    readonly constructor: { readonly name: string }
  }) => {
    const name = command.constructor.name.replace(/Command$/, '')
    requests.set(name, (requests.get(name) ?? 0) + 1)
    const answer = commands[name]
    if (answer === undefined) throw new Error(`the bucket in memory knows no ${name}`)
    return answer(command.input)
  }
  return {
    client: { send, config: {}, destroy() {} } as unknown as S3Client,
    requests,
    keys,
    get: key => store.get(key)?.body,
    add(objects) {
      sorted = undefined
      for (const [key, body] of objects) store.set(key, { body, etag: '"added"', at: new Date() })
    },
  }
}

/** Contents and common prefixes, a page of at most 1,000, as S3's API reference says. */
function listed(keys: readonly string[], store: ReadonlyMap<string, Stored>, input: Input) {
  const {
    Prefix = '',
    Delimiter,
    StartAfter,
    ContinuationToken,
    MaxKeys = 1000,
  } = input as {
    readonly [name: string]: string
  }
  const from = ContinuationToken ?? (StartAfter === undefined ? Prefix : `${StartAfter}\0`)
  const Contents: unknown[] = []
  const CommonPrefixes: unknown[] = []
  // Whichever is later.
  let at = firstFrom(keys, [from!, Prefix!].sort()[1]!)
  for (; keys[at]?.startsWith(Prefix!); ) {
    if (Contents.length + CommonPrefixes.length >= Number(MaxKeys))
      return { Contents, CommonPrefixes, IsTruncated: true, NextContinuationToken: keys[at] }
    const key = keys[at]!
    const end = Delimiter === undefined ? -1 : key.indexOf(Delimiter, Prefix!.length)
    if (end === -1) {
      const { body, etag, at: LastModified } = store.get(key)!
      Contents.push({ Key: key, Size: body.length, ETag: etag, LastModified })
      at++
    } else {
      const common = key.slice(0, end + 1)
      CommonPrefixes.push({ Prefix: common })
      at = firstFrom(keys, `${common}\uffff`)
    }
  }
  return { Contents, CommonPrefixes, IsTruncated: false }
}

/** Where the first key is that does not come before a text. */
function firstFrom(keys: readonly string[], text: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < text) low = middle + 1
    else high = middle
  }
  return low
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body as Uint8Array)
  return Buffer.concat(await Array.fromAsync(body as AsyncIterable<Uint8Array>))
}
