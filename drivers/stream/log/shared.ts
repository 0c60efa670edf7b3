import { damaged } from '../../files/checked-text.ts'

/**
 * What the log's threads share: 64-bit words in memory that `postMessage` and `workerData` pass without
 * copying. Words: committed end, start, a position and a released position for each consumer, and whether one
 * of them has failed for good.
 */
export type LogShared = BigInt64Array<SharedArrayBuffer>

/** Who reads the log: the speed layer and the delivery to the raw lake. */
export const CONSUMERS = ['speed', 'raw'] as const
export type Consumer = (typeof CONSUMERS)[number]

const END = 0
const START = 1
const POSITIONS = 2
const RELEASES = POSITIONS + CONSUMERS.length
const FAILED = RELEASES + CONSUMERS.length
const WORDS = FAILED + 1

/** Memory for a log that holds `start` … `end`; no consumer has got further than `start` yet. */
export function newShared(start: number, end: number): LogShared {
  const shared = new BigInt64Array(new SharedArrayBuffer(WORDS * BigInt64Array.BYTES_PER_ELEMENT))
  shared.fill(BigInt(start))
  Atomics.store(shared, END, BigInt(end))
  Atomics.store(shared, FAILED, 0n)
  return shared
}

/** Tells that a consumer cannot read on and no retry helps: what comes in would not be counted. */
export function failConsumer(shared: LogShared): void {
  Atomics.store(shared, FAILED, 1n)
}

export function consumerFailed(shared: LogShared): boolean {
  return Atomics.load(shared, FAILED) !== 0n
}

/** End of the durable log: what lies before it may be read. */
export function committedEnd(shared: LogShared): number {
  return Number(Atomics.load(shared, END))
}

/** Where the log begins: what lies before it has been deleted. */
export function logStart(shared: LogShared): number {
  return Number(Atomics.load(shared, START))
}

/** How far a consumer has got: everything before it has taken effect where others can see it. */
export function position(shared: LogShared, consumer: Consumer): number {
  return Number(Atomics.load(shared, POSITIONS + CONSUMERS.indexOf(consumer)))
}

/**
 * Tells the log how far a consumer has got. A consumer calls it once at its start with the position of its
 * own checkpoint, and then after each batch; back-pressure and an epoch's completeness follow from it.
 */
export function advance(shared: LogShared, consumer: Consumer, lsn: number): void {
  Atomics.store(shared, POSITIONS + CONSUMERS.indexOf(consumer), BigInt(lsn))
}

/** Tells the log that a consumer's checkpoint at `lsn` is durable: it will never read before it again. */
export function release(shared: LogShared, consumer: Consumer, lsn: number): void {
  Atomics.store(shared, RELEASES + CONSUMERS.indexOf(consumer), BigInt(lsn))
}

/**
 * The same for a consumer that works in several threads, each of which may find the others further than
 * another saw them: positions only grow.
 */
export function advanceTo(shared: LogShared, consumer: Consumer, lsn: number): void {
  raise(shared, POSITIONS + CONSUMERS.indexOf(consumer), BigInt(lsn))
}

export function releaseTo(shared: LogShared, consumer: Consumer, lsn: number): void {
  raise(shared, RELEASES + CONSUMERS.indexOf(consumer), BigInt(lsn))
}

function raise(shared: LogShared, word: number, value: bigint): void {
  for (let known = Atomics.load(shared, word); known < value; ) {
    const found = Atomics.compareExchange(shared, word, known, value)
    if (found === known) return
    known = found
  }
}

/**
 * Where a consumer reads on: its checkpoint, or the beginning of a log from which nothing was deleted yet.
 * @param place what to call the checkpoint in the failure
 * @throws `corrupt_data` where what it has not read yet is not in the log
 */
export function readableFrom(shared: LogShared, checkpoint: number | undefined, place: string): number {
  const [start, end] = [logStart(shared), committedEnd(shared)]
  const from = checkpoint ?? 0
  if (from >= start && from <= end) return from
  const stood = checkpoint === undefined ? 'says nothing of how far it is' : `is at ${from}`
  throw damaged(place, `it ${stood}, and the log has ${start} to ${end}`)
}

/** The slowest consumer's position. */
export function slowestPosition(shared: LogShared): number {
  return Math.min(...CONSUMERS.map(consumer => position(shared, consumer)))
}

/** What no consumer will read again lies before this. */
export function releasedByAll(shared: LogShared): number {
  return Math.min(...CONSUMERS.map((_, index) => Number(Atomics.load(shared, RELEASES + index))))
}

/**
 * Resolves when the log has grown beyond `seen`, or after `timeoutMs`; says whether it has.
 * The wait alone does not keep a thread alive.
 */
export async function waitForCommit(shared: LogShared, seen: number, timeoutMs: number): Promise<boolean> {
  const wait = Atomics.waitAsync(shared, END, BigInt(seen), timeoutMs)
  if (wait.async) await wait.value
  return committedEnd(shared) > seen
}

/** Writer only: makes the log up to `end` readable and wakes whoever waits for it. */
export function publishEnd(shared: LogShared, end: number): void {
  Atomics.store(shared, END, BigInt(end))
  Atomics.notify(shared, END)
}

/** Writer only: what lies before `start` has been deleted. */
export function publishStart(shared: LogShared, start: number): void {
  Atomics.store(shared, START, BigInt(start))
}
