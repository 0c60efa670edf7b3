import type { Load } from '../load.ts'

/** Something that counts trips by board and hour, each id once, while they come in. */
export type StreamSystem = {
  readonly name: string
  readonly configuration: string
  /** What was set. */
  readonly note: string
  /** The command of its load generator. */
  load(load: Load): readonly string[]
  /** Events counted so far. */
  counted(): Promise<number>
  /** Memory of everything that counts, MB. */
  rssMb(): number
  /** From sending an event to its count being visible, ms; by what it is visible in. */
  latencies(seconds: number): Promise<Readonly<Record<string, readonly number[]>>>
  stop(): Promise<void>
}

/** Opens a system on some cores. */
export type OpenStream = (cores: string) => Promise<StreamSystem>

/** Counts by `board@start of the hour in ms`. */
export type Counts = Readonly<Record<string, number>>

/** A system whose counting process is killed and started again on what it left. */
export type Killable = {
  readonly name: string
  readonly configuration: string
  readonly note: string
  /**
   * The command of a load whose every hundredth event is one that was sent before; it ends when its input
   * does.
   */
  resending(rate: number): readonly string[]
  /** Starts the counting process; resolves when it counts. */
  start(): Promise<void>
  /** Ends it at once, as `kill -9` does. */
  kill(): Promise<void>
  counts(): Promise<Counts>
  dispose(): Promise<void>
}
