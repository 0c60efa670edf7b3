/** A stored object. Its path is relative, with `/`. */
export type LakeObject = { readonly path: string; readonly bytes: number }

/**
 * Which names of folders are wanted: those after one, in their order, and no more than so many. Default: all.
 */
export type SomeFolders = {
  readonly after?: string
  readonly limit?: number
  /**
   * No others are wanted, and so few that a store may look for each: a folder of years has many more names. A
   * store that lists from any name on may answer others too.
   */
  readonly among?: readonly string[] | undefined
  /** Also those in which a reader sees nothing: what a removal that was cut short has left. */
  readonly withRemains?: boolean
}

/**
 * The objects of the lake, in folders of which each can be replaced at once. Names that begin with a dot are
 * the store's own and are never listed.
 *
 * Errors: TributaryError `storage_failed`, and of the store.
 */
export type LakeFolder = {
  /** Objects anywhere under a folder, by path; none where there is no such folder. */
  list(folder: string): Promise<readonly LakeObject[]>
  /** Names of the folders directly in a folder, sorted. */
  folders(folder: string, some?: SomeFolders): Promise<readonly string[]>
  /** Stores text as one object. Readers see the old object or the new one, never a part. */
  put(path: string, text: AsyncIterable<string> | Iterable<string>): Promise<void>
  /** Removes everything under a folder. */
  remove(folder: string): Promise<void>
  /**
   * Moves a folder into the place of another, whose objects are removed. Readers see the objects of one or of
   * the other. After a crash the place holds one of them too, the new one only when all of it is there; some
   * of the moved objects may then still be in the folder they came from, so it is built anew before it is
   * moved again.
   */
  replace(folder: string, target: string): Promise<void>
}
