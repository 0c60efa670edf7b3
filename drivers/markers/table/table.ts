import { TributaryError } from '../../../core/errors.ts'
import type { Claim, Markers, Verdict } from '../../../core/ports/markers.ts'
import { judgeClaims } from './claims.ts'
import { closeFiles, persist, retire, spillThrough } from './disk.ts'
import { type ClaimedPlace, claimsOfKey } from './look-up.ts'
import type { MarkersPlace } from './place.ts'
import { createQueue } from './queue.ts'
import { openTableState } from './recovery.ts'
import { freeze, MAX_FROZEN, statsOf, type TableState, type TableStats } from './state.ts'

/** Settings of `openMarkerTable`. */
export type MarkerTableOptions = {
  /** Folder of its own, made if there is none. One process at a time. */
  readonly folder: string
  /** Epochs after its own through which a claim holds. */
  readonly horizon: number
  /** Milliseconds. */
  readonly epochLength: number
  /** Entries a table holds before it is spilled to disk; default 1.5 million: 64 MB in memory and on disk. */
  readonly capacity?: number
  /**
   * Memory for filters; default 192 MB: about 130 million ids. The filters of older ids are read from disk.
   */
  readonly filterMemoryBytes?: number
}

/**
 * The embedded engine of `Markers`: exact, bounded in memory, durable at checkpoints.
 *
 * `claim` is synchronous as long as the disk keeps up: it resolves at once, and waits only while two full
 * tables wait to be written. A failed write in the background rejects the next call with `storage_failed`;
 * calling again tries it again. After a rejected `claim`, part of its claims may be made: claimed again, they
 * are `redelivery`.
 */
export type MarkerTable = Markers & {
  /**
   * Resolves when everything claimed before the call is durable. Also deletes what is beyond the horizon, as
   * far as no claim made since the checkpoint before this one can ask for it: so record the consumer's
   * position after each checkpoint, before the next. After a crash, claims repeated from that position on get
   * the verdicts they had, with `redelivery` for `first` where the claim survived.
   */
  checkpoint(): Promise<void>
  /** Checkpoints and closes. The table takes no claims any more, even when it rejects. */
  close(): Promise<void>
  stats(): TableStats
  /** What is remembered of a key, the newest first; for people who ask. @throws `corrupt_data` */
  claimsOf(key: string): readonly ClaimedPlace[]
  /** How far it is durable. */
  durable(): MarkersPlace
}

const DEFAULT_CAPACITY = 1_500_000
const DEFAULT_FILTER_MEMORY = 192 * 2 ** 20
// Slots of 32 bytes, so that a table stays below the 4 GB that its file format counts to.
const MAX_CAPACITY = 50_000_000

/**
 * Opens a marker table as its last checkpoint, or a later moment, left it.
 *
 * @throws TributaryError `corrupt_data` naming the file, `storage_failed`, `invalid_setting`
 * @example
 * const markers = await openMarkerTable({ folder: '.tributary/markers', horizon: 24, epochLength: 3_600_000 })
 * const verdicts = await markers.claim([{ key, epoch, sequence, index: 0, receipt }])
 * await markers.checkpoint()
 */
export async function openMarkerTable(options: MarkerTableOptions): Promise<MarkerTable> {
  const { folder, horizon, epochLength } = options
  const capacity = options.capacity ?? DEFAULT_CAPACITY
  check('horizon', horizon >= 0)
  check('epochLength', epochLength > 0)
  check('capacity', Number.isInteger(capacity) && capacity > 0 && capacity <= MAX_CAPACITY)
  const state = await openTableState({
    folder,
    epochLength,
    capacity,
    reach: horizon * epochLength,
    filterMemoryBytes: options.filterMemoryBytes ?? DEFAULT_FILTER_MEMORY,
  }).catch(error => Promise.reject(storageFailure(error)))
  return createMarkerTable(state)
}

function createMarkerTable(state: TableState): MarkerTable {
  const turns = createQueue()
  const disk = createQueue()
  let failure: TributaryError | undefined
  let closed = false
  let floor = -1

  function checkOpen(): void {
    if (closed) throw new TributaryError('unavailable', `the marker table ${state.folder} is closed`)
  }

  /** Reports a failed background write once, and has it tried again. */
  function checkHealth(): void {
    const found = failure
    if (found === undefined) return
    failure = undefined
    spillInBackground()
    throw found
  }

  function spillInBackground(): void {
    const through = state.current.number - 1
    disk
      .run(() => spillThrough(state, through))
      .catch(error => {
        failure = storageFailure(error)
      })
  }

  /** Claims as far as it goes without the disk; answers how many claims are judged. */
  function claimNow(claims: readonly Claim[], verdicts: Verdict[], from: number): number {
    for (let next = from; ; ) {
      next = judgeClaims(state, claims, verdicts, next)
      if (next === claims.length || state.frozen.length >= MAX_FROZEN) return next
      freeze(state)
      spillInBackground()
    }
  }

  async function claimInTurn(
    claims: readonly Claim[],
    verdicts: Verdict[],
    from: number,
  ): Promise<Verdict[]> {
    for (let next = from; ; ) {
      checkHealth()
      next = claimNow(claims, verdicts, next)
      if (next === claims.length) return verdicts
      await disk.run(() => spillThrough(state, state.frozen[0]?.number ?? -1))
    }
  }

  async function makeDurable(): Promise<void> {
    checkHealth()
    const { current, newest } = state
    const { count } = current.slots
    const job = async () => {
      await persist(state, current, count)
      await retire(state, floor)
      floor = newest
    }
    await disk.run(job).catch(error => Promise.reject(storageFailure(error)))
  }

  return {
    async claim(claims) {
      checkOpen()
      const verdicts: Verdict[] = []
      try {
        // Calls that had to wait keep their place: the order of claims decides who is first.
        if (turns.pending() > 0) return await turns.run(() => claimInTurn(claims, verdicts, 0))
        checkHealth()
        const next = claimNow(claims, verdicts, 0)
        if (next < claims.length) await turns.run(() => claimInTurn(claims, verdicts, next))
        return verdicts
      } catch (error) {
        throw storageFailure(error)
      }
    },
    async checkpoint() {
      checkOpen()
      await makeDurable()
    },
    async close() {
      if (closed) return
      closed = true
      try {
        await turns.run(makeDurable)
      } finally {
        await disk.run(() => closeFiles(state))
      }
    },
    stats: () => statsOf(state),
    claimsOf(key) {
      checkOpen()
      return claimsOfKey(state, key)
    },
    durable: () => ({ key: state.key, table: state.persisted.number, length: state.persisted.length }),
    // The log of one machine never stores a record twice, so receipts are not remembered.
    tellsRepeats: false,
  }
}

function check(setting: string, valid: boolean): void {
  if (!valid) throw new TributaryError('invalid_setting', `the marker table cannot work with this ${setting}`)
}

function storageFailure(error: unknown): TributaryError {
  if (error instanceof TributaryError) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new TributaryError('storage_failed', `the marker table could not use its folder: ${detail}`, {
    cause: error,
  })
}
