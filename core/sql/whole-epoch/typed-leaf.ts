import type { Field } from '../../data/fields.ts'
import type { Sql } from '../dialect.ts'

/**
 * A leaf of a raw line in the type of its kind, for an engine that reads leaves as the text that the line has
 * of them. A number with a scale stays text, as a decimal is made of it (`RawSql.decimal`).
 *
 * @param line what stands for a free field: the whole line, which its JSON is taken out of later
 * (as-stored.ts)
 */
export function typedLeaf(leaf: Sql, { kind, scale }: Field, line: Sql): Sql {
  switch (kind) {
    case 'integer':
      return `CAST(CAST(${leaf} AS DOUBLE) AS BIGINT)`
    case 'boolean':
      return `CAST(${leaf} AS BOOLEAN)`
    case 'number':
      return scale === undefined ? `CAST(${leaf} AS DOUBLE)` : leaf
    case 'json':
      return line
    case 'string':
    case 'instant':
      return leaf
  }
}
