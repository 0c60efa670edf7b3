import { dirname } from 'node:path'
import type { DurableFile, DurableFiles } from '../../files/durable.ts'
import { Mark } from '../../files/mark.ts'
import { endMarkPath, type Segment, segmentPath } from './segment.ts'

/** What a tail needs of the log's settings. */
export type TailSettings = {
  readonly files: DurableFiles
  readonly segmentBytes: number
  readonly now: () => number
}

/**
 * The growing end of the log: appends durably, begins new segments, and undoes an append that failed.
 * One call at a time.
 */
export class LogTail {
  /** Oldest first; never empty. Only the last one grows. */
  readonly segments: Segment[]
  readonly #settings: TailSettings
  /** How far the log is durable. */
  readonly #mark: Mark
  #file: DurableFile

  private constructor(settings: TailSettings, segments: Segment[], file: DurableFile) {
    this.#settings = settings
    this.segments = segments
    this.#file = file
    this.#mark = new Mark(endMarkPath(dirname(this.#active.path)), 1)
  }

  /** Opens the last of the segments, cuts off what lies beyond its size, and makes the rest of it durable. */
  static async open(settings: TailSettings, segments: Segment[]): Promise<LogTail> {
    const active = segments.at(-1)!
    const file = await openCut(settings.files, active)
    const tail = new LogTail(settings, segments, file)
    await settings.files.syncFolder(dirname(active.path))
    return tail
  }

  /** The durable end of the log. */
  get end(): number {
    return this.#active.base + this.#active.size
  }

  /**
   * Appends; resolves once the bytes are on the disk. After a rejection the file's content is unknown beyond
   * `end`, and `repair` must succeed before the next append.
   */
  async append(buffers: readonly Uint8Array[], bytes: number): Promise<void> {
    if (this.#active.size >= this.#settings.segmentBytes) await this.#beginSegment()
    await this.#file.write(buffers, this.#active.size)
    await this.#file.sync()
    this.#active.size += bytes
    this.#active.writtenAt = this.#settings.now()
    this.#mark.write(this.end)
  }

  /**
   * Goes back to the durable end. After a failed sync the kernel may hold pages it will never write again and
   * yet report the next sync as a success, so the file is opened anew and cut, and the next append writes
   * every byte again.
   */
  async repair(): Promise<void> {
    const broken = this.#file
    this.#file = await openCut(this.#settings.files, this.#active)
    await broken.close()
  }

  async close(): Promise<void> {
    this.#mark.close()
    await this.#file.close()
  }

  get #active(): Segment {
    return this.segments.at(-1)!
  }

  // Whether to begin a segment depends on durable state alone: tried again after a failure, it gives the same
  // name.
  async #beginSegment(): Promise<void> {
    const { files, now } = this.#settings
    const full = this.#file
    const base = this.end
    const path = segmentPath(dirname(this.#active.path), base)
    const segment = { path, base, size: 0, writtenAt: now() }
    const file = await openCut(files, segment)
    try {
      await files.syncFolder(dirname(path))
    } catch (error) {
      await file.close()
      throw error
    }
    this.#file = file
    this.segments.push(segment)
    await full.close()
  }
}

async function openCut(files: DurableFiles, segment: Segment): Promise<DurableFile> {
  const file = await files.open(segment.path)
  try {
    await file.truncate(segment.size)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}
