/**
 * Whether no two items are equal as JSON, in time proportional to their text: each is written with its keys
 * in order, and the texts are a set.
 */
export function areDistinct(items: readonly unknown[]): boolean {
  const seen = new Set<unknown>()
  for (const item of items) {
    const key = typeof item === 'object' && item !== null ? JSON.stringify(item, sortedKeys) : item
    // A text may be written as a list is; a mark keeps the two apart.
    seen.add(typeof item === 'string' ? `"${item}` : key)
  }
  return seen.size === items.length
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
