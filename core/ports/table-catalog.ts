/** A table of a catalog: names without dots. */
export type TableName = { readonly namespace: string; readonly table: string }

/**
 * Where the newest metadata of each Iceberg table is: the one place that says which version of a table
 * readers see. Other engines write to it too, so a commit says what it is based on.
 *
 * Errors: TributaryError `unavailable`, `timeout`, `storage_failed`.
 *
 * @example
 * const before = await catalog.location({ namespace: 'curated', table: 'trip' })
 * const outcome = await catalog.commit({ namespace: 'curated', table: 'trip' }, before, written)
 * if (outcome === 'conflict') … // somebody else was first: begin again from what is there now
 */
export type TableCatalog = {
  /** URI of a table's newest metadata; undefined where there is no such table. */
  location(name: TableName): Promise<string | undefined>
  /** Names of the tables of a namespace, sorted; none where there is no such namespace. */
  tables(namespace: string): Promise<readonly string[]>
  /**
   * Has a table's metadata be at `next` where it is at `expected` now; undefined: where there is no such
   * table, whose namespace is made too. It either happens or does not: `conflict` where it is elsewhere by
   * now.
   */
  commit(name: TableName, expected: string | undefined, next: string): Promise<'committed' | 'conflict'>
  /** Forgets a table; its files stay. Doing it again changes nothing. */
  drop(name: TableName): Promise<void>
}
