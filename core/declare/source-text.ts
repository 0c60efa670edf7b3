/** What is written into a file of TypeScript. Samples are of others: no text of theirs may become code. */

/** A text as a literal. */
export function quoted(text: string): string {
  // JSON's escapes are those of JavaScript; half a surrogate pair, which no file holds, is escaped by it too.
  const json = JSON.stringify(text)
  return /['\\"]/.test(json.slice(1, -1)) ? json : `'${json.slice(1, -1)}'`
}

/** A name as a key of an object. `__proto__` would be no key. */
export function keyed(name: string): string {
  if (name === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}

/** Texts as a list. */
export function listed(names: readonly string[]): string {
  return `[${names.map(quoted).join(', ')}]`
}

/** A name of a file: letters, digits and dashes alone. */
export function fileName(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return `${name.slice(0, 60) || 'draft'}.ts`
}
