import { gunzipSync, gzipSync } from 'node:zlib'
import { TributaryError } from '../../../core/errors.ts'
import type { DeadLetter, DeadLetters } from '../../../core/ports/dead-letters.ts'
import type { Objects } from '../../../core/ports/objects.ts'
import { letterLine, readLetter } from '../letter-line.ts'
import { type LetterObject, letterKey, newestObjects } from './keys.ts'
import { readInvocationRecord } from './lambda.ts'

export type S3DeadLettersOptions = {
  /** The bucket that Lambda's on-failure destination names too. */
  readonly objects: Pick<Objects, 'get' | 'list' | 'put'>
  /** Clock, ms since 1970. Default `Date.now`. */
  readonly now?: () => number
}

const MAX_LISTED = 1_000
/** Objects read at once. */
const PARALLEL = 8
/** Inflated bytes of one object: far above what a delivery to a Lambda has (6 MB). */
const MAX_BYTES = 256 * 1024 * 1024

/**
 * Dead letters in S3: an object of gzip JSON lines a `put`. Lists also show the batches that Lambda itself
 * gave up and left under `aws/lambda/`, of the last 31 days.
 */
export function createS3DeadLetters({ objects, now = Date.now }: S3DeadLettersOptions): DeadLetters {
  return {
    async put(records, failure) {
      if (records.length === 0) return
      const failedAt = now()
      const lines = records.map(record => letterLine({ ...record, ...failure, failedAt }))
      const name = `${failure.consumer.replaceAll(/[^\w.-]/g, '_')}-${records[0]!.sequence}`
      await objects.put(letterKey(failedAt, name), gzipSync(lines.join('')))
    },
    async list(limit) {
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LISTED)
        throw new TributaryError('bad_request', `limit must be 1 … ${MAX_LISTED}: ${limit}`)
      const found = await newestObjects(objects, limit, now())
      const letters: DeadLetter[] = []
      for (let from = 0; from < found.length && letters.length < limit; from += PARALLEL) {
        const some = found.slice(from, from + PARALLEL)
        for (const ones of await Promise.all(some.map(one => lettersOf(objects, one)))) letters.push(...ones)
      }
      return letters.slice(0, limit)
    },
  }
}

/** The letters of an object, last first; none where its lifecycle ended meanwhile. */
async function lettersOf(
  objects: Pick<Objects, 'get'>,
  { key, isLambdas }: LetterObject,
): Promise<readonly DeadLetter[]> {
  const content = await objects.get(key)
  if (content === undefined) return []
  const text = textOf(content, key)
  if (isLambdas) return readInvocationRecord(text, key).toReversed()
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => readLetter(line, key))
    .toReversed()
}

function textOf(content: Buffer, key: string): string {
  if (content[0] !== 0x1f || content[1] !== 0x8b) return content.toString()
  try {
    return gunzipSync(content, { maxOutputLength: MAX_BYTES }).toString()
  } catch (cause) {
    throw new TributaryError('corrupt_data', `${key} is broken gzip`, { cause })
  }
}
