import type { Ledger } from '../../../core/ports/ledger.ts'
import type { Stream } from '../../../core/ports/stream/stream.ts'
import { makeFolder, storageFailed } from '../../files/durable.ts'
import { DiskGauge } from './disk-gauge.ts'
import { LogLedger } from './ledger.ts'
import { type LogOptions, type LogSettings, logSettings } from './options.ts'
import { recover } from './recovery.ts'
import { REFUSALS, type Refusal } from './refusal.ts'
import { consumerFailed, type LogShared, newShared, publishEnd, slowestPosition } from './shared.ts'
import { LogTail } from './tail.ts'
import { LogUpkeep } from './upkeep.ts'
import { LogWriter } from './writer.ts'

/** The one-machine stream: a durable log in a folder, open for writing. */
export type Log = {
  readonly stream: Stream
  readonly ledger: Ledger
  /** For `openLogReader` in the consumers' threads: passes through `workerData` and `postMessage`. */
  readonly shared: LogShared
  /** How things stand now, for health and metrics. */
  status(): LogStatus
  /** Closes what is due, deletes what retention allows. The log does so twice a second itself. */
  maintain(): Promise<void>
  /**
   * Refuses further puts, makes the queued ones durable, saves the ledger.
   * @throws `storage_failed` when the file can't be closed or the ledger not saved; nothing acknowledged is
   * lost.
   */
  close(): Promise<void>
}

export type LogStatus = {
  /** Bytes between the slowest consumer and the durable end. */
  readonly lagBytes: number
  /** Bytes put but not yet durable. */
  readonly queuedBytes: number
  /** Bytes the log takes on disk. */
  readonly storedBytes: number
  /** Why every put is refused now; undefined when none is for a reason of the log's own state. */
  readonly refusing: string | undefined
  /**
   * A clock that stamps events may not show less, ms since 1970: the largest arrival in the log, or the end
   * of the last closed epoch. Keeps ingest's clock from going backwards over a restart.
   */
  readonly clockFloor: number
}

type LogParts = {
  readonly settings: LogSettings
  readonly shared: LogShared
  readonly tail: LogTail
  readonly ledger: LogLedger
  readonly disk: DiskGauge
}

/**
 * Opens the log in a folder, after whatever end the last process came to: what was acknowledged is there, a
 * commit that was under way is cut off or, if it is whole, kept.
 *
 * Until each consumer has called `advance` with its checkpoint it counts as standing at the beginning of the
 * log.
 * @throws `corrupt_data` when acknowledged data is damaged, naming file and offset; `invalid_setting`;
 *   `storage_failed`.
 * @example
 * const log = await openLog({ dir: '.tributary/log', epochLength: 3_600_000 })
 * new Worker(pump, { workerData: { dir: '.tributary/log', shared: log.shared } })
 * await log.stream.put(records)
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const settings = logSettings(options)
  const { dir } = settings
  try {
    await makeFolder(dir)
    const recovered = await recover(dir, settings.epochLength, settings.reached)
    const tail = await LogTail.open(settings, recovered.segments)
    const shared = newShared(tail.segments[0]!.base, tail.end)
    const ledger = new LogLedger(settings, shared, recovered)
    const disk = new DiskGauge(settings)
    await disk.check()
    return composeLog({ settings, shared, tail, ledger, disk })
  } catch (error) {
    throw storageFailed(`the log in ${dir} cannot be opened`, error)
  }
}

function composeLog(parts: LogParts): Log {
  const { settings, shared, tail, ledger, disk } = parts
  const writer = new LogWriter(settings, tail, {
    refusal: epoch => (ledger.isSealed(epoch) ? REFUSALS.epochClosed : undefined),
    stored: (block, end) => ledger.add(block, end),
    committed: end => publishEnd(shared, end),
  })
  const lagBytes = () => tail.end - slowestPosition(shared)
  let closed = false

  const refusal = (): Refusal | undefined => {
    if (closed) return REFUSALS.shuttingDown
    if (writer.faulted) return REFUSALS.storageFailed
    if (consumerFailed(shared)) return REFUSALS.consumerFailed
    return lagBytes() > settings.maxLagBytes ? REFUSALS.lagging : disk.refusal()
  }
  const put: Stream['put'] = records => {
    const refused = refusal()
    if (refused !== undefined) return Promise.resolve(records.map(() => refused))
    ledger.seal(settings.now())
    return writer.put(records)
  }
  const upkeep = new LogUpkeep(settings, shared, tail, ledger, writer)
  return {
    stream: { put },
    ledger: ledger.port(writer),
    shared,
    status: () => ({
      lagBytes: lagBytes(),
      queuedBytes: writer.queuedBytes,
      storedBytes: tail.end - tail.segments[0]!.base,
      refusing: refusal()?.reason,
      clockFloor: ledger.clockFloor,
    }),
    maintain: () => upkeep.run(),
    async close() {
      closed = true
      disk.close()
      await upkeep.stop()
      await writer.close()
      await ledger.save()
    },
  }
}
