import { parseNumbers } from '../json/number-source.ts'

/** Ids of snapshots have 64 bits, of which a number of JavaScript holds 53: they are bigints. */
const OF_SNAPSHOT = /snapshot-id$/

/**
 * Reads the JSON of a table's metadata. Integers that a number does not hold are bigints, and so is each id
 * of a snapshot.
 */
export function parseMetadata(text: string): unknown {
  return parseNumbers(text, (source, value, key) => {
    if (!/^-?\d+$/.test(source)) return value
    return OF_SNAPSHOT.test(key) || !Number.isSafeInteger(value) ? BigInt(source) : value
  })
}

/** Writes what `parseMetadata` reads, digit for digit. */
export function formatMetadata(metadata: object): string {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }
  return JSON.stringify(metadata, (_key, value: unknown) =>
    typeof value === 'bigint' ? rawJSON(String(value)) : value,
  )
}
