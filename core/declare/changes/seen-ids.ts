import { hash } from 'node:crypto'
import { boundaryIds } from '../boundary-ids.ts'
import type { Contract, Pipeline } from '../pipeline.ts'

/**
 * Names what a contract's fields can be read as. Ingest checks all events for it from the start on that
 * declares it; events from before it may have anything under the name of a field that was not declared then.
 */
export function checkedId({ type, fields }: Pick<Contract, 'type' | 'fields'>): string {
  const kinds = fields.map(({ path, kind, scale, nullable }) => [path, kind, scale ?? null, nullable])
  return `checked.${type}.${hash('sha256', JSON.stringify(kinds), 'hex').slice(0, 16)}`
}

/** Ids of everything of which it is noted when it was declared: what has views, and the fields of types. */
export function seenIds(pipeline: Pipeline): readonly string[] {
  return [...boundaryIds(pipeline), ...pipeline.latest.values().map(checkedId)]
}
