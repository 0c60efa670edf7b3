import type { Field } from '../../core/data/fields.ts'
import { pathInstant } from '../../core/data/time.ts'
import { isSameStored, type StoredType, storedTypeProblem } from '../../core/declare/changes/stored-type.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Recast, Relation, TypePlace } from '../../core/lake/relation.ts'
import type { LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeDialect } from '../../core/sql/dialect.ts'

/** Curated rows of an epoch, and which columns they have. */
export type CuratedRows = { readonly rows: Relation; readonly columns: ReadonlySet<string> }

/**
 * Curated rows that were refined under an older declaration, with the given fields as they are declared now:
 * an integer that has become a number is one, with as many decimal places.
 *
 * @throws TributaryError `invalid_declaration` naming field, epoch and remedy where a column holds what the
 * field cannot be
 */
export async function curatedRows(
  session: LakeSession,
  dialect: LakeDialect,
  fields: readonly Field[],
  relation: Relation & TypePlace,
): Promise<CuratedRows> {
  if (relation.parts.length === 0) return { rows: relation, columns: new Set() }
  const described = await session.rows(dialect.columns([relation]))
  const stored = new Map(described.map(row => [String(row['column_name']), String(row['column_type'])]))
  const recast = fields.flatMap((field): readonly Recast[] => {
    const from = dialect.storedType(stored.get(field.column) ?? '')
    if (from === undefined || isAsDeclared(from, field)) return []
    refuse(relation, { field, from })
    return [{ field, from }]
  })
  const rows = recast.length === 0 ? relation : { ...relation, recast }
  return { rows, columns: new Set(stored.keys()) }
}

/** JSON is stored as text, and was stored as JSON. */
function isAsDeclared(from: StoredType, is: StoredType): boolean {
  return is.kind === 'json' ? from.kind === 'string' || from.kind === 'json' : isSameStored(from, is)
}

function refuse({ type, epoch }: TypePlace, { field, from }: Recast): void {
  const problem = storedTypeProblem(from, field)
  if (problem === undefined) return
  throw new TributaryError(
    'invalid_declaration',
    `curated data of ${type} in the epoch ${pathInstant(epoch)}: field "${field.name}" ${problem}`,
  )
}
