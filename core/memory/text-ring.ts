/** The texts that were appended last. */
export type TextRing = {
  /** Appends lines, each of which ends with a line feed, and answers the number of their text. */
  append(text: string): number
  /** The line of a text that begins at an offset, without its end; undefined where the text has left. */
  lineAt(text: number, offset: number): string | undefined
}

/**
 * @param size texts at most, a power of two
 * @param characters of all of them at most; a text that is longer by itself leaves at once
 */
export function createTextRing(size: number, characters: number): TextRing {
  const mask = size - 1
  const texts: string[] = new Array(size).fill('')
  let next = 0
  // The oldest one that is kept, and characters from it on.
  let first = 0
  let kept = 0

  const dropFirst = (): void => {
    kept -= texts[first & mask]!.length
    texts[first & mask] = ''
    first++
  }
  return {
    append(text) {
      if (next - first === size) dropFirst()
      texts[next & mask] = text
      kept += text.length
      next++
      while (kept > characters) dropFirst()
      // As a number of 32 bits, which goes around.
      return (next - 1) | 0
    },
    lineAt(text, offset) {
      const lines = texts[text & mask]!
      if (lines === '' || ((next - text) | 0) > size) return undefined
      return lines.slice(offset, lines.indexOf('\n', offset))
    },
  }
}
