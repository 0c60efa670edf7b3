import type { Shard } from '@aws-sdk/client-kinesis'

/**
 * Visits shards, each after its parents: a partition's records after a split or a merge follow those before
 * it. Shards that wait for none go side by side, at most `atOnce`. A parent that is not listed has nothing
 * left to read.
 *
 * @throws what `visit` throws first; visits under way have then ended
 */
export async function inOrderOfDescent(
  shards: readonly Shard[],
  atOnce: number,
  visit: (shard: string) => Promise<void>,
): Promise<void> {
  const waiting = new Map(shards.map(shard => [shard.ShardId!, shard]))
  const open = new Set(waiting.keys())
  const underWay = new Set<Promise<unknown>>()
  const failures: unknown[] = []

  const begin = (id: string): void => {
    waiting.delete(id)
    const visiting: Promise<unknown> = visit(id)
      .then(
        () => open.delete(id),
        error => failures.push(error),
      )
      .finally(() => underWay.delete(visiting))
    underWay.add(visiting)
  }
  while (open.size > 0 && failures.length === 0) {
    for (const [id, shard] of waiting) {
      if (underWay.size >= atOnce) break
      if (!parentsOf(shard).some(parent => open.has(parent))) begin(id)
    }
    // Shards that are each other's ancestors cannot be; without this the loop would spin on them.
    if (underWay.size === 0) throw new Error(`shards without an order: ${[...open].join(', ')}`)
    await Promise.race(underWay)
  }
  await Promise.all(underWay)
  if (failures.length > 0) throw failures[0]
}

function parentsOf({ ParentShardId, AdjacentParentShardId }: Shard): readonly string[] {
  return [ParentShardId, AdjacentParentShardId].filter(id => id !== undefined)
}
