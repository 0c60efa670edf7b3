import type { Bucket } from './bucket.ts'

/**
 * Buckets that a read leaves for the write that mostly follows, each given once. Bounded by what they hold.
 */
export type Recall = {
  keep(buckets: ReadonlyMap<string, Bucket>): void
  take(text: string): Bucket | undefined
}

/** Characters kept: some 32 MB. Beyond it the oldest go, which costs a read. */
const MAX_CHARACTERS = 16 * 1024 * 1024

export function createRecall(): Recall {
  const kept = new Map<string, { readonly bucket: Bucket; readonly characters: number }>()
  let total = 0

  const take = (text: string): Bucket | undefined => {
    const known = kept.get(text)
    if (known === undefined) return undefined
    kept.delete(text)
    total -= known.characters
    return known.bucket
  }

  return {
    take,
    keep(buckets) {
      for (const [text, bucket] of buckets) {
        take(text)
        const characters = text.length + charactersOf(bucket)
        kept.set(text, { bucket, characters })
        total += characters
      }
      for (const oldest of kept.keys()) {
        if (total <= MAX_CHARACTERS) break
        take(oldest)
      }
    },
  }
}

function charactersOf({ lines }: Bucket): number {
  let characters = 0
  for (const [group, line] of lines) characters += group.length + line.length
  return characters
}
