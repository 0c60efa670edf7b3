/**
 * What an engine says of a value that it could not take, without the value: that is somebody's, and messages
 * go to logs, health and runs. Whatever is in quotes is left out, up to the last quote of a line, as a value
 * may hold quotes itself; names of files stay.
 *
 * @example withoutValues(`invalid input syntax for type integer: "Ada"`) // invalid input syntax for type integer: "…"
 */
export function withoutValues(message: string): string {
  return message
    .split(FILE)
    .map((part, i) => (i % 2 === 1 ? part : masked(part)))
    .join('')
}

const FILE = /(file "[^"]*")/

function masked(text: string): string {
  return text.replaceAll(/".*"/g, '"…"').replaceAll(/'.*'/g, "'…'")
}
