/**
 * What a statement may be that somebody types: one that reads. It is judged by the tree that DuckDB's own
 * parser makes of it (`json_serialize_sql`, which makes one of SELECT statements alone), by lists of what is
 * allowed: a function that a later version of DuckDB brings is refused until it is put on them.
 *
 * The engine is locked besides. It alone would not do: a file that may be read may be written by COPY, and
 * functions that log or profile write wherever they are told (docs/decisions/0083).
 */

/** Functions that make rows, and read and change nothing. */
const TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  ...['range', 'generate_series', 'unnest', 'repeat', 'repeat_row', 'json_each', 'json_tree'],
  ...['duckdb_columns', 'duckdb_functions', 'duckdb_tables', 'duckdb_types', 'duckdb_views'],
])

/** Functions of values that do more than compute one. */
const SCALAR_FUNCTIONS: ReadonlySet<string> = new Set(['write_log', 'nextval', 'setval', 'sleep_ms'])

/** What DuckDB makes of a text, or why it makes nothing. */
export type Parsed =
  | { readonly error: true; readonly error_type: string; readonly error_message: string }
  | { readonly error: false; readonly statements: readonly unknown[] }

/** A table that a statement names: `curated.trip`, or the name alone. */
export type NamedTable = { readonly schema: string; readonly name: string }

export type Judged =
  | { readonly refused: string }
  | { readonly refused: undefined; readonly tables: readonly NamedTable[] }

/**
 * @param isTableFunction whether the engine has a function of this name that makes rows, or sets something
 */
export function judgeStatement(parsed: Parsed, isTableFunction: (name: string) => boolean): Judged {
  if (parsed.error) return { refused: messageOf(parsed) }
  const count = parsed.statements.length
  if (count !== 1) return { refused: `there are ${count} statements; send one` }
  const tables: NamedTable[] = []
  for (const node of nodesOf(parsed.statements)) {
    const refused = refusedNode(node, isTableFunction)
    if (refused !== undefined) return { refused }
    if (node['type'] === 'BASE_TABLE')
      tables.push({ schema: String(node['schema_name'] ?? ''), name: String(node['table_name'] ?? '') })
  }
  return { refused: undefined, tables }
}

function messageOf({ error_type: type, error_message: message }: Parsed & { readonly error: true }): string {
  return type === 'not implemented'
    ? 'only statements that read are run: SELECT, FROM, WITH, VALUES, DESCRIBE, SUMMARIZE; of PIVOT those that name their columns by IN'
    : message
}

type Node = Readonly<Record<string, unknown>>

function refusedNode(node: Node, isTableFunction: (name: string) => boolean): string | undefined {
  const name = node['function_name']
  if (typeof name !== 'string') return undefined
  const lower = name.toLowerCase()
  if (SCALAR_FUNCTIONS.has(lower)) return `${name} does more than to read, and is not run here`
  if (!isTableFunction(lower) || TABLE_FUNCTIONS.has(lower)) return undefined
  return `${name} is not run here; there are the tables of raw, curated, metric and model, and ${[...TABLE_FUNCTIONS].slice(0, 7).join(', ')}`
}

/** Every object of the tree, however deep: by a list, as a statement may be nested deeper than calls may. */
function* nodesOf(root: unknown): Generator<Node> {
  const waiting: unknown[] = [root]
  while (waiting.length > 0) {
    const one = waiting.pop()
    if (typeof one !== 'object' || one === null) continue
    if (!Array.isArray(one)) yield one as Node
    waiting.push(...Object.values(one))
  }
}
