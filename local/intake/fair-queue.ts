import type { Sender } from '../../functions/ingest.ts'

/**
 * Whose turn it is where one thing is done at a time: keys take turns, and within a key its addresses do, so
 * that nobody waits for all that somebody else has sent before.
 */
export type FairQueue<Job> = {
  /** Puts a job in line; what has to leave for it, where there are too many: perhaps the job itself. */
  add(sender: Sender, job: Job): Job | undefined
  /** Takes the next job out. */
  next(): Job | undefined
}

/**
 * Jobs of one key by address. Maps keep the order in which their keys were put in: who has had a turn goes to
 * the end.
 */
type Line<Job> = { readonly addresses: Map<string, Job[]>; size: number }

/**
 * At most `most` jobs wait. Beyond, the newest of the address that has most in line leaves, of such a key.
 */
export function createFairQueue<Job>(most: number): FairQueue<Job> {
  const lines = new Map<string, Line<Job>>()
  let waiting = 0

  function remove(key: string, address: string, take: (jobs: Job[]) => Job | undefined): Job | undefined {
    const line = lines.get(key)
    const jobs = line?.addresses.get(address)
    if (line === undefined || jobs === undefined) return undefined
    const job = take(jobs)
    line.size--
    waiting--
    if (jobs.length === 0) line.addresses.delete(address)
    if (line.size === 0) lines.delete(key)
    return job
  }

  function longest(): readonly [string, string] {
    const [key, { addresses }] = largest(lines, ({ size }) => size)
    return [key, largest(addresses, jobs => jobs.length)[0]]
  }

  return {
    add({ key, address }, job) {
      const line = lines.get(key) ?? { addresses: new Map<string, Job[]>(), size: 0 }
      lines.set(key, line)
      line.addresses.set(address, [...(line.addresses.get(address) ?? []), job])
      line.size++
      if (++waiting <= most) return undefined
      return remove(...longest(), jobs => jobs.pop())
    },
    next() {
      const [first] = lines
      if (first === undefined) return undefined
      const [key, line] = first
      const [address, jobs] = [...line.addresses][0]!
      const job = remove(key, address, all => all.shift())
      if (jobs.length > 0) toEnd(line.addresses, address, jobs)
      if (line.size > 0) toEnd(lines, key, line)
      return job
    },
  }
}

function toEnd<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
}

/** Of several that are as large, the one put in last: it came last. */
function largest<V>(map: ReadonlyMap<string, V>, sizeOf: (value: V) => number): readonly [string, V] {
  return [...map].reduce((most, one) => (sizeOf(one[1]) >= sizeOf(most[1]) ? one : most))
}
