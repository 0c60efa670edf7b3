/** Names and values as Python. Declarations may be of others: no text of theirs may become code. */

/** A value as a literal. */
export function literal(value: string | number | boolean | null): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  // JSON's escapes are those of Python, and its numbers too.
  return JSON.stringify(value)
}

/** Words of the language, and names that annotations or the client itself use. */
const TAKEN = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for ' +
    'from global if import in is lambda nonlocal not or pass raise return try while with match case type ' +
    'str int float bool list dict frozenset bytes object super ' +
    'construct copy dict json schema schema_json validate from_orm parse_file parse_obj parse_raw ' +
    'update_forward_refs'
  ).split(' '),
)
const CLASSES = new Set(
  (
    'Annotated Any BaseModel ClassVar ConfigDict Conflict Data Event Exception Field Iterable Literal ' +
    'Mapping Metric Model None Rejected Sent Sequence Tributary TributaryError True Union Unseen False'
  ).split(' '),
)

/** Makes names of classes, each once, of words such as a type's last part and a field's name. */
export function createClassNames(): (words: readonly string[]) => string {
  const given = new Set(CLASSES)
  return words => {
    const pascal = words.map(pascalOf).join('')
    const name = /^[A-Za-z]/.test(pascal) ? pascal : `Of${pascal}`
    return unused(given, name, n => `${name}${n}`)
  }
}

function pascalOf(word: string): string {
  const parts = word.split(/[^A-Za-z0-9]+/).filter(part => part !== '')
  return parts.map(part => part[0]!.toUpperCase() + part.slice(1)).join('')
}

/** Names of the fields of a class by their keys: the key itself where Python and pydantic take it. */
export function fieldNames(keys: readonly string[]): ReadonlyMap<string, string> {
  const given = new Set(keys.filter(isName))
  return new Map(
    keys.map(key => {
      if (isName(key)) return [key, key]
      const plain = key.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '')
      const name = `${/^[A-Za-z]/.test(plain) ? plain : `field_${plain}`}_`.replace(/^model_/, 'field_model_')
      return [key, unused(given, name[0]!.toLowerCase() + name.slice(1), n => `${name}${n}`)]
    }),
  )
}

/** Begins with a small letter, since classes begin with a large one. */
function isName(key: string): boolean {
  return /^[a-z][A-Za-z0-9_]*$/.test(key) && !TAKEN.has(key) && !/^(model|tributary)_/.test(key)
}

function unused(given: Set<string>, name: string, other: (n: number) => string): string {
  let one = name
  for (let n = 2; given.has(one); n++) one = other(n)
  given.add(one)
  return one
}
