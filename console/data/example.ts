/** A JSON Schema, as contracts have them. */
export type Schema = Readonly<Record<string, unknown>>

/** Schemas may be nested; no person reads an example that is deeper. */
const DEEPEST = 8

/**
 * A value that a schema accepts in the plain cases: its first example, its constant, its first choice, the
 * least number, a text of its format. Patterns are not solved.
 */
export function exampleOf(schema: Schema, depth = 0): unknown {
  if (depth > DEEPEST) return null
  const [given] = (schema['examples'] as readonly unknown[] | undefined) ?? []
  if (given !== undefined) return given
  if ('const' in schema) return schema['const']
  const [choice] = (schema['enum'] as readonly unknown[] | undefined) ?? []
  if (choice !== undefined) return choice
  const [first] = ((schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined) ?? []
  if (first !== undefined) return exampleOf(first, depth + 1)
  return ofType(schema, depth)
}

function ofType(schema: Schema, depth: number): unknown {
  const { type } = schema
  const kind = Array.isArray(type) ? (type.find(one => one !== 'null') as string) : type
  if (kind === 'object') {
    const parts = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>)
    return Object.fromEntries(parts.map(([name, part]) => [name, exampleOf(part, depth + 1)]))
  }
  if (kind === 'array') return [exampleOf((schema['items'] ?? {}) as Schema, depth + 1)]
  if (kind === 'integer' || kind === 'number') return numberIn(schema)
  if (kind === 'boolean') return true
  if (kind === 'string') return textOf(schema)
  return null
}

function numberIn(schema: Schema): number {
  const bound = (name: string) => (typeof schema[name] === 'number' ? (schema[name] as number) : undefined)
  const least =
    bound('minimum') ?? (bound('exclusiveMinimum') === undefined ? undefined : bound('exclusiveMinimum')! + 1)
  const most =
    bound('maximum') ?? (bound('exclusiveMaximum') === undefined ? undefined : bound('exclusiveMaximum')! - 1)
  return Math.min(Math.max(1, least ?? 1), most ?? Number.MAX_SAFE_INTEGER)
}

const TEXTS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-31T12:00:00Z',
  date: '2026-01-31',
  time: '12:00:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
  'uri-reference': '/example',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function textOf(schema: Schema): string {
  const text = TEXTS[String(schema['format'] ?? '')] ?? 'text'
  return text.padEnd(Number(schema['minLength'] ?? 0), 'x').slice(0, Number(schema['maxLength'] ?? 1000))
}

/** A CloudEvent of a type around data. */
export function eventOf(type: string, version: number, data: unknown): object {
  return {
    specversion: '1.0',
    id: 'example-1',
    source: '/example',
    type,
    time: '2026-01-31T12:00:00Z',
    dataschema: `/v1/contracts/${encodeURIComponent(type)}/${version}`,
    data,
  }
}
