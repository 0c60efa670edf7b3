/**
 * Text that changes nothing but what is shown: control characters, which can move the cursor, set the title
 * of a window or hide what was printed before, and marks that turn the direction of writing, are written as
 * escapes. Data comes from whoever may send events.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, character => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${code}`
  })
}

/** C0, DEL and C1; line separators; marks of direction; halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\p{Cs}]/gu

/** The same for text that may have tabs and several lines of its own, such as help. */
export function printableLines(text: string): string {
  return text
    .split('\n')
    .map(line => line.split('\t').map(printable).join('\t'))
    .join('\n')
}
