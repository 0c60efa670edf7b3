import type { DurableFile, DurableFiles } from '../files/durable.ts'

/** Files open for writing, a bounded number of them: opening one more closes the one unused for longest. */
export class OpenHandles {
  readonly #files: DurableFiles
  readonly #most: number
  /** By path, the least recently used first. */
  readonly #open = new Map<string, DurableFile>()

  constructor(files: DurableFiles, most: number) {
    this.#files = files
    this.#most = most
  }

  /** Paths of the open files. */
  paths(): readonly string[] {
    return [...this.#open.keys()]
  }

  /** The file at `path`, opened if it isn't. */
  async of(path: string): Promise<DurableFile> {
    const open = this.#open.get(path)
    this.#open.delete(path)
    if (open === undefined) await this.#makeRoom()
    const handle = open ?? (await this.#files.open(path))
    this.#open.set(path, handle)
    return handle
  }

  async close(path: string): Promise<void> {
    const handle = this.#open.get(path)
    this.#open.delete(path)
    await handle?.close()
  }

  /** Closes all of them, also when closing one fails; then rejects with the first failure. */
  async closeAll(): Promise<void> {
    const outcomes = await Promise.allSettled(this.paths().map(path => this.close(path)))
    const failed = outcomes.find(outcome => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  // What was written through a closed handle is covered by a later sync through another.
  async #makeRoom(): Promise<void> {
    const [leastUsed] = this.#open.keys()
    if (leastUsed !== undefined && this.#open.size >= this.#most) await this.close(leastUsed)
  }
}
