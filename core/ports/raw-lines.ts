/** Lines of one stretch of a raw object, and the bytes that were read for them. */
export type Stretch = { readonly lines: readonly string[]; readonly bytes: number }

/**
 * Raw objects of the lake, read line by line: for questions about single events, of which an engine would
 * have to parse all others. A line that is being written is not there yet.
 *
 * Errors: TributaryError `storage_failed`.
 *
 * @example for await (const line of rawLines.having(path, JSON.stringify(id))) lines.push(line)
 */
export type RawLines = {
  /** Lines that have a text somewhere in them, in their order; none of an object that is gone. */
  having(object: string, text: string): AsyncIterable<string>
  /** Lines from the newest back, of those received before an instant (ms), stretch by stretch. */
  backwards(object: string, before: number): AsyncIterable<Stretch>
}
