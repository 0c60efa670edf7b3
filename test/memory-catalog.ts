import type { TableCatalog, TableName } from '../core/ports/table-catalog.ts'

/** A catalog of tables in memory, for tests of what is above it; it keeps the contract of the others. */
export function memoryCatalog(): TableCatalog {
  const locations = new Map<string, string>()
  const keyOf = ({ namespace, table }: TableName) => `${namespace}.${table}`
  return {
    location: async name => locations.get(keyOf(name)),
    tables: async namespace =>
      [...locations.keys()]
        .filter(key => key.startsWith(`${namespace}.`))
        .map(key => key.slice(namespace.length + 1))
        .sort(),
    async commit(name, expected, next) {
      if (locations.get(keyOf(name)) !== expected) return 'conflict'
      locations.set(keyOf(name), next)
      return 'committed'
    },
    drop: async name => void locations.delete(keyOf(name)),
  }
}
