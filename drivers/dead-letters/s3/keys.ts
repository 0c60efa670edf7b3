import type { Objects } from '../../../core/ports/objects.ts'

/** Where this platform's consumers and Lambda's own destination keep what was given up. */
const OURS = 'dead-letters/'
const LAMBDAS = 'aws/lambda/'

/** ms of the year 2286, when times get a digit more. */
const END_OF_TIME = 9_999_999_999_999
const DAY_MS = 86_400_000
/** Lambda's objects are looked for this far back: about twice what a stream usually keeps. */
const DAYS = 31
/** Shards of all mappings that are looked through. */
const MAX_SHARDS = 1_000

/** A dead-letter object and when it was written, as its name tells. */
export type LetterObject = { readonly key: string; readonly at: string; readonly isLambdas: boolean }

/**
 * The key of a new object. It begins with the time counted backwards, because S3 lists by key and the newest
 * is asked for; the time forwards follows for readers. `name` tells apart what fails in the same ms.
 */
export function letterKey(failedAt: number, name: string): string {
  const instant = new Date(failedAt).toISOString().replaceAll(':', '.')
  return `${OURS}${String(END_OF_TIME - failedAt).padStart(13, '0')}-${instant}-${name}.jsonl.gz`
}

/** Objects with dead letters, newest first, at most `limit`. */
export async function newestObjects(
  objects: Pick<Objects, 'list'>,
  limit: number,
  now: number,
): Promise<readonly LetterObject[]> {
  const ours = await objects.list(OURS, { limit })
  const found = ours.map(({ key }) => ({ key, at: key.slice(OURS.length + 14), isLambdas: false }))
  for (const shard of await shardFolders(objects)) found.push(...(await newestOf(objects, shard, limit, now)))
  return found.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, limit)
}

/** `aws/lambda/<mapping>/<shard>/` of every shard that had a failure, by skipping from each to the next. */
async function shardFolders(objects: Pick<Objects, 'list'>): Promise<readonly string[]> {
  const folders: string[] = []
  let after = LAMBDAS
  while (folders.length < MAX_SHARDS) {
    const [next] = await objects.list(LAMBDAS, { after, limit: 1 })
    if (next === undefined) break
    const folder = next.key.split('/').slice(0, 4).join('/')
    folders.push(`${folder}/`)
    // The first text after all keys of the folder.
    after = `${folder}0`
  }
  return folders
}

/**
 * A shard's objects, day by day backwards: `<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>` (Lambda developer
 * guide).
 */
async function newestOf(objects: Pick<Objects, 'list'>, shard: string, limit: number, now: number) {
  const first = `${shard}${dayPath(now - DAYS * DAY_MS)}`
  const found: LetterObject[] = []
  if ((await objects.list(shard, { after: first, limit: 1 })).length === 0) return found
  for (let day = 0; day <= DAYS && found.length < limit; day += 1) {
    const listed = await objects.list(`${shard}${dayPath(now - day * DAY_MS)}`)
    for (const { key } of listed.toReversed())
      found.push({ key, at: key.slice(key.lastIndexOf('/') + 1), isLambdas: true })
  }
  return found
}

function dayPath(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 10).replaceAll('-', '/')}/`
}
