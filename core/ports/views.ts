import type { CellValues } from '../cells/cells.ts'
import type { CalendarWindow } from '../data/calendar.ts'
import type { Group } from '../data/group.ts'
import type { Position } from '../data/position.ts'
import type { Window } from '../data/time.ts'

/** Names one partial of one lane: the unit the speed layer updates. */
export type ItemKey = {
  /** All of the key as one text, unique in its metric and epoch: see `itemId`. */
  readonly id: string
  /** `Metric.id`: name and fingerprint of the declaration. */
  readonly metric: string
  /** Canonical group text (core/data/group.ts). */
  readonly group: string
  /** Start of the window, ms since 1970. */
  readonly window: number
  /** Start of the epoch, ms since 1970. */
  readonly epoch: number
  /** What one consumer reads in order: a partition on AWS, a stream worker on one machine. */
  readonly lane: number
}

/** The id of an item within its metric and epoch. */
export function itemId(group: string, window: number, lane: number): string {
  // Minutes fit a small integer, which turns into text many times faster than ms do.
  return `${lane}|${window / 60_000}|${group}`
}

/** A stored partial with the position of the last event that is in it. */
export type Item = ItemKey & { readonly position: Position; readonly cells: CellValues }

/**
 * An item to store, on the condition that the stored one still has position `expected` (undefined: none is
 * stored).
 */
export type ItemWrite = { readonly item: Item; readonly expected: Position | undefined }

/** Field name → the values it may have. */
export type Where = Readonly<Record<string, readonly Group[string][]>>

/** Windows that those of a metric are combined to. */
export type RollupWindows = {
  readonly declared: Window
  readonly asked: CalendarWindow
  /** Whose days and longer windows are meant, by its name in the IANA database; undefined: UTC. */
  readonly timezone?: string | undefined
  /** Windows that start in [from, to), ms since 1970; undefined: open. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** What partials are combined to: coarser windows, fewer fields, some groups only. */
export type Rollup = {
  readonly windows: RollupWindows
  /** Names of the fields to keep, a part of the metric's in its order; undefined: all of them. */
  readonly by: readonly string[] | undefined
  readonly where: Where
}

/** Which partials a query reads. `groups` undefined means all. */
export type PartialQuery = {
  readonly metric: string
  /** Windows that start in [from, to), ms since 1970; undefined: open. */
  readonly from: number | undefined
  readonly to: number | undefined
  /** Exact group texts when the caller knows them all. */
  readonly groups: readonly string[] | undefined
  /** What they are combined to as they are read; undefined: their own windows and groups. */
  readonly rollup?: Rollup | undefined
  /** Largest number of partials the caller accepts, rolled up; more is a `too_large` error. */
  readonly limit: number
}

/** `after`: of epochs after that one; `through`: up to and including that one; undefined: all. */
export type RealTimeQuery = PartialQuery & {
  readonly after: number | undefined
  readonly through?: number | undefined
}

/** Cells of (metric, group, window), combined over epochs and lanes. */
export type MetricPartial = { readonly window: number; readonly group: string; readonly cells: CellValues }

/** One text for a key. */
export function keyText(window: number, group: string): string {
  return `${window}|${group}`
}

export type PartialKey = { readonly window: number; readonly group: string }

export type EpochRequest = {
  readonly metric: string
  readonly epoch: number
  readonly keys: readonly PartialKey[]
  readonly findUnlisted?: boolean
}

export type EpochPartials = {
  readonly cells: readonly (CellValues | undefined)[]
  readonly total: number
  readonly unlisted: readonly PartialKey[]
}

/** The partials of one metric and epoch, combined over lanes, that are compared key by key. */
export type EpochReader = {
  /** Cells by key, positional; a key is asked for once. */
  take(keys: readonly PartialKey[]): Promise<readonly (CellValues | undefined)[]>
  /** How many keys nobody has taken, and up to 100 of them. */
  rest(): Promise<{ readonly count: number; readonly keys: readonly PartialKey[] }>
}

/**
 * Opens an epoch whose keys are compared, in a store that reads all of it at a time.
 *
 * @example
 * const reader = await openEpoch(metric.id, epoch)
 * for await (const keys of chunks) compare(keys, await reader.take(keys))
 */
export type OpenEpoch = (metric: string, epoch: number) => Promise<EpochReader>

/** Partials the speed layer keeps, updated as events arrive. */
export type RealTimeViews = {
  /** Items by key, positional; undefined where there is none. */
  read(keys: readonly ItemKey[]): Promise<readonly (Item | undefined)[]>
  /**
   * Conditional puts, positional: true where the condition held. Each put is atomic by itself; no transaction
   * spans two.
   */
  write(writes: readonly ItemWrite[]): Promise<readonly boolean[]>
  /** Partials of some epochs, combined over lanes and epochs. */
  query(query: RealTimeQuery): Promise<readonly MetricPartial[]>
  /**
   * Partials of exactly one epoch, combined over lanes, for reconciliation: positional for `keys`, and how
   * many keys the epoch has in all. `unlisted` names up to 100 keys that are not among `keys`, when
   * `findUnlisted` is set.
   */
  epoch(request: EpochRequest): Promise<EpochPartials>
  /**
   * Forgets the items of epochs through one that the batch views hold, and the epochs with them; or `all`
   * items, of epochs that go on: what is written to them afterwards is found by every reader, also when a
   * writer has not heard of the drop.
   */
  drop(metric: string, through: number | 'all'): Promise<void>
}

/** The last epoch that the batch views of a metric include, and the version of the views that includes it. */
export type Boundary = {
  readonly epoch: number
  /** Versions of a batch view are numbered; a reader sees the newest one up to this. */
  readonly generation: number
  /** The run that moved the boundary. */
  readonly run: string
  /** When it did, ms since 1970. */
  readonly movedAt: number
}

/**
 * One batch partial under its key. `cells` undefined removes it (a recomputed epoch may no longer have it).
 */
export type PartialWrite = {
  readonly window: number
  readonly group: string
  readonly cells: CellValues | undefined
}

/** `without`: partials that are left out, as `keyText` names them. */
export type BatchQuery = PartialQuery & { readonly without?: ReadonlySet<string> }

/**
 * Batch views: partials of closed epochs, combined over epochs, versioned by generation. Writing a generation
 * changes nothing that readers see; moving the boundary to it shows all of it at once.
 */
export type BatchViews = {
  boundary(metric: string): Promise<Boundary | undefined>
  /** The committed version: partials as of the boundary, read in one snapshot with it. */
  query(
    query: BatchQuery,
  ): Promise<{ readonly boundary: Boundary | undefined; readonly partials: readonly MetricPartial[] }>
  /** Committed cells by key, positional. */
  read(metric: string, keys: readonly PartialKey[]): Promise<readonly (CellValues | undefined)[]>
  /**
   * Writes entries as generation `generation` (which must be after the committed one). Repeating it is
   * harmless.
   */
  write(metric: string, generation: number, writes: readonly PartialWrite[]): Promise<void>
  /** Commits: from now on readers see `boundary.generation`. */
  moveBoundary(metric: string, boundary: Boundary): Promise<void>
}
