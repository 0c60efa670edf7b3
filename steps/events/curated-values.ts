import type { LakeEngine, LakeSession } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import { curatedRow } from '../../core/sql/lookup/event-rows.ts'
import { textColumn } from '../../core/sql/values.ts'
import { curatedRows } from '../batch/curated-rows.ts'
import { contractOf, helpersOfType } from '../batch/lookup.ts'
import type { UncheckedPorts } from '../batch/refine/unchecked.ts'
import type { EventReceipt } from './found-event.ts'

type Ports = Pick<UncheckedPorts, 'pipeline'> & { readonly lake: LakeFolder; readonly engine: LakeEngine }

/** What a curated row has of the fields that its contract declares now, as canonical JSON. */
export async function curatedValues(
  { pipeline, engine: { dialect } }: Ports,
  session: LakeSession,
  type: string,
  { epoch, curated, receipt }: EventReceipt,
): Promise<Readonly<Record<string, string | null>>> {
  const { fields: declared } = contractOf(pipeline, type)
  const place = { kind: 'curated', type, epoch, parts: [curated!] } as const
  const { rows, columns } = await curatedRows(session, dialect, declared, place)
  const fields = declared.filter(({ column }) => columns.has(column))
  if (fields.length === 0) return {}
  const helpers = helpersOfType(pipeline, type)
  const texts = helpers.texts.filter(field => columns.has(textColumn(field)))
  const [row] = await session.rows(curatedRow(dialect, rows, { ...helpers, texts }, fields, receipt))
  return Object.fromEntries(
    fields.map(({ name }, i) => [name, (row?.[`f${i}`] ?? null) as string | null] as const),
  )
}
