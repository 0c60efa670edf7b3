import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PutOutcome, StreamRecord } from '../../../../core/ports/stream/stream.ts'
import { type DurableFile, type DurableFiles, machineFiles } from '../../../../drivers/files/durable.ts'
import type { LogEntry } from '../../../../drivers/stream/log/entry.ts'
import { type Log, openLog } from '../../../../drivers/stream/log/log.ts'
import type { LogOptions } from '../../../../drivers/stream/log/options.ts'
import { openLogReader } from '../../../../drivers/stream/log/reader.ts'
import { advance, CONSUMERS, committedEnd, logStart, release } from '../../../../drivers/stream/log/shared.ts'

export const SECOND = 1_000
export const EPOCH_LENGTH = 10 * SECOND
/** Start of the epoch in which the tests' clock begins. */
export const EPOCH = Date.UTC(2026, 0, 1)

/** Folders and logs of one test, put away by `clear`. */
export class LogKit {
  /** The clock of every log opened here, ms. */
  time = EPOCH + SECOND
  readonly reported: Error[] = []
  readonly #dirs: string[] = []
  readonly #logs = new Set<Log>()

  async dir(): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), 'tributary-log-'))
    this.#dirs.push(dir)
    return dir
  }

  async open(dir: string, options: Partial<LogOptions> = {}): Promise<Log> {
    const log = await openLog({
      dir,
      epochLength: EPOCH_LENGTH,
      now: () => this.time,
      minFreeBytes: 0,
      report: error => this.reported.push(error),
      ...options,
    })
    this.#logs.add(log)
    return log
  }

  async close(log: Log): Promise<void> {
    this.#logs.delete(log)
    await log.close()
  }

  /** The folder as a crash at this moment would leave it. */
  async crashed(dir: string): Promise<string> {
    const copy = await this.dir()
    await cp(dir, copy, { recursive: true })
    return copy
  }

  async clear(): Promise<void> {
    for (const log of this.#logs) await log.close()
    for (const dir of this.#dirs) await rm(dir, { recursive: true, force: true })
  }
}

export function record(n: number, change: Partial<StreamRecord> = {}): StreamRecord {
  return { partition: n % 4, type: 'page.view', epoch: EPOCH, count: 1, data: `{"n":${n}}\n`, ...change }
}

export function records(
  from: number,
  to: number,
  change: Partial<StreamRecord> = {},
): readonly StreamRecord[] {
  return Array.from({ length: to - from }, (_, index) => record(from + index, change))
}

export function reasons(outcomes: readonly PutOutcome[]): readonly string[] {
  return outcomes.map(outcome => (outcome.kind === 'stored' ? 'stored' : outcome.reason))
}

/** Everything a log holds; `data` as text, because the reader's buffer is used again. */
export function readAll(
  dir: string,
  log: Log,
  maxBytes = 1 << 20,
): (Omit<LogEntry, 'data'> & { data: string })[] {
  const reader = openLogReader(dir, log.shared)
  const all: (Omit<LogEntry, 'data'> & { data: string })[] = []
  let from = logStart(log.shared)
  for (;;) {
    const entries = reader.read(from, maxBytes)
    if (entries.length === 0) break
    all.push(...entries.map(entry => ({ ...entry, data: entry.data.toString() })))
    from = entries.at(-1)!.next
  }
  reader.close()
  return all
}

export function numbersIn(dir: string, log: Log): readonly number[] {
  return readAll(dir, log).map(entry => JSON.parse(entry.data).n)
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5)
}

/** Both consumers have taken in, and durably so, everything up to `lsn`. */
export function consume(log: Log, lsn = committedEnd(log.shared)): void {
  for (const consumer of CONSUMERS) {
    advance(log.shared, consumer, lsn)
    release(log.shared, consumer, lsn)
  }
}

/** Which calls to the disk fail now, and with what code. */
export type Faults = {
  /** Holds every sync until it resolves. */
  hold?: Promise<void>

  write?: string
  halfWrite?: string
  sync?: string
  truncate?: string
  replace?: string
}

/** The machine's files, failing as `faults` says at the time of each call. */
export function faultyFiles(faults: Faults): DurableFiles {
  const fail = (code: string | undefined): void => {
    if (code !== undefined) throw Object.assign(new Error(`${code}: injected`), { code })
  }
  const faulty = (file: DurableFile): DurableFile => ({
    async write(buffers, position) {
      fail(faults.write)
      if (faults.halfWrite !== undefined) await file.write([buffers[0]!.subarray(0, 40)], position)
      fail(faults.halfWrite)
      await file.write(buffers, position)
    },
    async sync() {
      await faults.hold
      fail(faults.sync)
      await file.sync()
    },
    async truncate(length) {
      fail(faults.truncate)
      await file.truncate(length)
    },
    close: () => file.close(),
  })
  return {
    ...machineFiles,
    open: async path => faulty(await machineFiles.open(path)),
    async replace(path, text) {
      fail(faults.replace)
      await machineFiles.replace(path, text)
    },
  }
}
