/** A file of a table: its URI, as metadata names it, and its size. */
export type TableFile = { readonly uri: string; readonly bytes: number }

/**
 * The files of Iceberg tables. Every one is written once, under a name of its own, and never changed.
 *
 * Errors: TributaryError `storage_failed`, `not_found` (a file that is not there), and of the store.
 */
export type TableFiles = {
  /** URI of the folder of a table, without `/` at its end. */
  folder(namespace: string, table: string): string
  /**
   * Has an object of the lake be a data file of a table, without a second copy where the store can do that.
   * It stays when the lake replaces the object. Of the same object it is the same file each time.
   *
   * @param folder of the table
   */
  keep(path: string, folder: string): Promise<TableFile>
  /** Writes a file; durable when it resolves. */
  write(uri: string, bytes: Uint8Array): Promise<void>
  read(uri: string): Promise<Buffer>
  /** Removes files; those that are not there are passed over. */
  remove(uris: readonly string[]): Promise<void>
}
