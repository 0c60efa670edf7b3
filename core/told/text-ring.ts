/** A place counts all bytes that were ever appended; 0: nowhere. `isAscii`: a character is a byte. */
export type Appended = { readonly place: number; readonly isAscii: boolean }

/** The texts that were appended last, as bytes outside of the heap. */
export type TextRing = {
  /** Appends lines, each of which ends with a line feed, and answers where the first of them begins. */
  append(text: string): Appended
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
    append(text) {
      const longest = 3 * text.length
      if (longest > size) return { place: 0, isAscii: true }
      bytes ??= Buffer.allocUnsafeSlow(size)
      const left = size - (written % size)
      // No text goes around the end.
      if (left < longest) written += left
      const place = written
      const length = bytes.write(text, place % size)
      written += length
      return { place, isAscii: length === text.length }
    },
    lineAt(place) {
      if (bytes === undefined || place < written - size || place < size) return undefined
      const at = place % size
      return bytes.toString('utf8', at, bytes.indexOf(LINE_FEED, at))
    },
  }
}
