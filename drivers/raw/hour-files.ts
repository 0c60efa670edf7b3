import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { DurableFiles } from '../files/durable.ts'
import { writeRawCheck } from '../lake/checks/raw-checks.ts'
import type { LogEntry } from '../stream/log/entry.ts'
import type { OpenFile } from './delivery-state.ts'
import { type HourFile, newHourFile, objectOf } from './hour-file.ts'
import { OpenHandles } from './open-handles.ts'

export type HourFilesOptions = {
  /** Folder of the lake. */
  readonly lake: string
  readonly files: DurableFiles
  /** Size from which a file is followed by a new one. */
  readonly rotateBytes: number
  /** Files open at once, at most. */
  readonly maxOpen: number
}

/** Most bytes that wait for a write. */
const BUFFER_BYTES = 4 << 20

/** Most bytes of data one call of `append` may bring: what one read of the log gives. */
const APPEND_BYTES = 1 << 20

/** Files that may go on, at most; beyond that those unused for longest are ended. Bounds the state. */
const MAX_GROWING = 1024

/** The raw files that are being written: takes records, writes each file at most once a flush. */
export class HourFiles {
  readonly #options: HourFilesOptions
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #used = 0
  /** Type, then epoch → the file its next record goes to. */
  readonly #growing = new Map<string, Map<number, HourFile>>()
  readonly #waiting = new Set<HourFile>()
  readonly #dirty = new Set<HourFile>()
  readonly #handles: OpenHandles
  /** Folders in which a file was made that no sync has covered. */
  readonly #newFolders = new Set<string>()
  /** Files that have their last record, and no checksum yet. */
  readonly #ended: HourFile[] = []
  #unsynced = 0
  #last: HourFile | undefined

  constructor(options: HourFilesOptions, restored: readonly HourFile[]) {
    this.#options = options
    this.#handles = new OpenHandles(options.files, options.maxOpen)
    for (const file of restored) this.#grow(file)
  }

  /** True when `flush` must come before the next `append`. */
  get full(): boolean {
    return this.#used + APPEND_BYTES > this.#buffer.length
  }

  /** Bytes taken but not yet durable. */
  get unsyncedBytes(): number {
    return this.#unsynced
  }

  /** Files that later records may be added to, with their lengths. Right only after `sync`. */
  open(): OpenFile[] {
    return this.#files().map(({ type, epoch, first, length, crc, lines }) => ({
      ...{ type, epoch, first, length },
      ...(crc !== undefined && lines !== undefined && { crc, lines }),
    }))
  }

  /** Takes the records of one read, copying their data: a copy a record, a slice a file. */
  append(entries: readonly LogEntry[]): void {
    const touched = new Set<HourFile>()
    const now = performance.now()
    for (const entry of entries) {
      const file = this.#fileFor(entry)
      file.arriving.push(entry.data)
      file.waitingBytes += entry.data.length
      if (file.lines !== undefined) file.lines += entry.count
      this.#unsynced += entry.data.length
      touched.add(file)
    }
    for (const file of touched) this.#keep(file, now)
  }

  /** Writes everything taken to the files; it is durable after `sync`. */
  async flush(): Promise<void> {
    for (const file of this.#waiting) await this.#write(file)
    this.#waiting.clear()
    this.#used = 0
  }

  /** Resolves when everything taken is durable. */
  async sync(): Promise<void> {
    await this.flush()
    for (const file of this.#dirty) await (await this.#handles.of(file.path)).sync()
    this.#dirty.clear()
    for (const folder of this.#newFolders) await this.#options.files.syncFolder(folder)
    this.#newFolders.clear()
    this.#unsynced = 0
    await this.#closeEnded()
    await this.#sealEnded()
  }

  /**
   * Ends files unused since `since`, and the least recently used beyond the most there may be: a later record
   * begins a new one. Says whether there were any. Only after `sync`.
   */
  async endUnused(since: number): Promise<boolean> {
    const byUse = this.#files().sort((a, b) => b.usedAt - a.usedAt)
    const unused = byUse.filter((file, index) => file.usedAt < since || index >= MAX_GROWING)
    for (const file of unused) this.#forget(file)
    await this.#closeEnded()
    await this.#sealEnded()
    return unused.length > 0
  }

  /** Closes every file; what was not synced is not to be relied on. */
  close(): Promise<void> {
    return this.#handles.closeAll()
  }

  #files(): HourFile[] {
    return [...this.#growing.values().flatMap(epochs => epochs.values())]
  }

  #fileFor(entry: LogEntry): HourFile {
    const { type, epoch } = entry
    const last = this.#last
    const file =
      last !== undefined && last.epoch === epoch && last.type === type
        ? last
        : this.#growing.get(type)?.get(epoch)
    const { lake, rotateBytes } = this.#options
    const goesOn = file !== undefined && file.length + file.waitingBytes < rotateBytes
    if (file !== undefined && !goesOn) this.#ended.push(file)
    this.#last = goesOn ? file : this.#grow(newHourFile(lake, type, epoch, entry.sequence))
    return this.#last
  }

  #grow(file: HourFile): HourFile {
    file.usedAt = performance.now()
    const epochs = this.#growing.get(file.type) ?? new Map<number, HourFile>()
    epochs.set(file.epoch, file)
    this.#growing.set(file.type, epochs)
    return file
  }

  #forget(file: HourFile): void {
    const { type, epoch } = file
    this.#ended.push(file)
    const epochs = this.#growing.get(type)
    epochs?.delete(epoch)
    if (epochs?.size === 0) this.#growing.delete(type)
    this.#last = undefined
  }

  #keep(file: HourFile, now: number): void {
    const from = this.#used
    for (const data of file.arriving) {
      this.#buffer.set(data, this.#used)
      this.#used += data.length
    }
    file.arriving = []
    file.waiting.push(this.#buffer.subarray(from, this.#used))
    file.usedAt = now
    this.#waiting.add(file)
  }

  async #write(file: HourFile): Promise<void> {
    if (file.length === 0) await this.#makeFolder(dirname(file.path))
    const handle = await this.#handles.of(file.path)
    this.#dirty.add(file)
    await handle.write(file.waiting, file.length)
    file.length += file.waitingBytes
    if (file.crc !== undefined) for (const data of file.waiting) file.crc = crc32(data, file.crc)
    file.waitingBytes = 0
    file.waiting = []
  }

  async #makeFolder(folder: string): Promise<void> {
    const type = dirname(folder)
    await mkdir(folder, { recursive: true })
    for (const path of [folder, type, dirname(type)]) this.#newFolders.add(path)
  }

  /** Keeps what ended files hold: before the state no longer names them as growing. */
  async #sealEnded(): Promise<void> {
    for (let file = this.#ended[0]; file !== undefined; file = this.#ended[0]) {
      const { length: bytes, crc, lines } = file
      if (crc !== undefined && lines !== undefined)
        await writeRawCheck(this.#options.lake, objectOf(file), { bytes, crc, lines })
      this.#ended.shift()
    }
  }

  async #closeEnded(): Promise<void> {
    const growing = new Set(this.#files().map(({ path }) => path))
    for (const path of this.#handles.paths()) if (!growing.has(path)) await this.#handles.close(path)
  }
}
