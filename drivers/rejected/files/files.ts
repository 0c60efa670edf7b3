import { TributaryError } from '../../../core/errors.ts'
import type { Rejected } from '../../../core/ports/rejected.ts'
import { checkedLine } from '../../files/checked-line.ts'
import { makeFolder } from '../../files/durable.ts'
import { type Appender, openAppender } from './appender.ts'
import { hourFile, hoursOf, removeBefore, sizeOf } from './folder.ts'
import { type Kept, openKept } from './kept.ts'
import { readPage } from './page.ts'
import { openReplayed, type Replayed } from './replayed.ts'

/** The port, and an end. */
export type RejectedFiles = Rejected & {
  /** Waits for what is being written. A later `put` is refused. */
  close(): Promise<void>
}

export type RejectedFilesOptions = {
  readonly folder: string
  /** ms since 1970. */
  readonly now: () => number
  /** ms; older rejections are removed, hour by hour. 30 days where not given. */
  readonly retention?: number
  /**
   * Bytes; beyond it rejections are refused, and with them the requests they came in. 10 GiB where not given.
   */
  readonly maxBytes?: number
  /** Told of what is damaged: it is left out. Default: a process warning. */
  readonly report?: (failure: TributaryError) => void
}

const DAY_MS = 86_400_000

/**
 * Rejected events in append-only NDJSON files, one an hour. Writers share a flush (group commit); `put`
 * resolves after fdatasync. A line torn by a crash was never acknowledged, and is cut off at the next start.
 *
 * @throws TributaryError `storage_failed`
 */
export async function openRejectedFiles(options: RejectedFilesOptions): Promise<RejectedFiles> {
  const { folder, now, retention = 30 * DAY_MS, maxBytes = 10 * 1024 ** 3 } = options
  const { report = (failure: TributaryError) => process.emitWarning(failure) } = options
  await guarded('opened', () => makeFolder(folder))
  const replayed = await guarded('opened', () => openReplayed(folder, now() - retention))
  const kept = openKept(folder, now() - retention)
  for (const failure of kept.missing) report(failure)
  const appender = openAppender(folder, kept.note)
  let bytes = await sweep()
  let sweptAt = now()

  return {
    async put(events) {
      if (events.length === 0) return
      if (now() - sweptAt > DAY_MS / 24) await sweepAgain()
      const lines = events.map(event => `${checkedLine(JSON.stringify(event))}\n`).join('')
      const size = Buffer.byteLength(lines)
      if (bytes + size > maxBytes)
        throw new TributaryError(
          'storage_failed',
          `rejected events fill the ${maxBytes} bytes they may take; replay or remove some in ${folder}`,
          { retryAfter: 60 },
        )
      bytes += size
      await guarded('kept', () => appender.append(hourFile(now()), lines))
    },
    list: query => guarded('read', () => readPage(folder, replayed.has, query, report)),
    markReplayed: receipts => guarded('marked as replayed', () => replayed.add(receipts)),
    close: () => closeAll(appender, replayed, kept),
  }

  async function sweepAgain(): Promise<void> {
    sweptAt = now()
    bytes = await sweep()
  }

  async function sweep(): Promise<number> {
    return guarded('swept', async () => {
      await removeBefore(folder, now() - retention)
      return sizeOf(folder, await hoursOf(folder))
    })
  }
}

async function closeAll(appender: Appender, replayed: Replayed, kept: Kept): Promise<void> {
  await appender.close()
  await replayed.close()
  kept.close()
}

async function guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof TributaryError) throw cause
    throw new TributaryError('storage_failed', `rejected events cannot be ${what}`, { cause })
  }
}
