import type { Relation } from '../../core/lake/relation.ts'

/**
 * The objects of a lake as local files, for an engine that reads and writes files: what one session sees of
 * them.
 */
export type EngineFiles = {
  /** Sees to it that the parts of relations are there, until what it returns is called. */
  hold(reads: readonly Relation[]): Promise<() => void>
  /** Stores what `fill` writes into the file it is given as an object; answers its size. */
  place(path: string, fill: (file: string) => Promise<void>): Promise<number>
}
