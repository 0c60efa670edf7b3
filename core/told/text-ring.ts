/** The texts that were appended last, as bytes outside of the heap. */
export type TextRing = {
  /**
   * Appends lines, each of which ends with a line feed, and answers where each begins: a place, which counts
   * all bytes that were ever appended.
   */
  append(text: string, offsets: readonly number[]): readonly number[]
  /** The line that begins at a place, without its end; undefined where newer ones have taken its room. */
  lineAt(place: number): string | undefined
}

const LINE_FEED = 10

/** @param size bytes; a text that could be larger by itself is left out */
export function createTextRing(size: number): TextRing {
  // A platform that takes nothing in has no use for it.
  let bytes: Buffer | undefined
  let written = size

  return {
    append(text, offsets) {
      const longest = 3 * text.length
      if (longest > size) return offsets.map(() => 0)
      bytes ??= Buffer.allocUnsafeSlow(size)
      const left = size - (written % size)
      // No text goes around the end.
      if (left < longest) written += left
      const start = written
      const length = bytes.write(text, start % size)
      written += length
      const isAscii = length === text.length
      return offsets.map(offset => start + (isAscii ? offset : Buffer.byteLength(text.slice(0, offset))))
    },
    lineAt(place) {
      if (bytes === undefined || place < written - size || place < size) return undefined
      const at = place % size
      return bytes.toString('utf8', at, bytes.indexOf(LINE_FEED, at))
    },
  }
}
