import type { Contract } from '../../../core/declare/pipeline.ts'
import { kindInWords } from '../../../core/event/unreadable.ts'

/** Events with something that cannot be read as the field is declared: how many, and the first's receipt. */
export type Unread = { readonly field: string; readonly events: number; readonly receipt: string }

/** What events of parts have that cannot be read, field by field, with what would have been. */
export function unreadIn(
  { fields }: Contract,
  parts: readonly { readonly unread: readonly Unread[] }[],
): readonly (Unread & { readonly declared: string })[] {
  const byField = Map.groupBy(
    parts.flatMap(({ unread }) => unread),
    ({ field }) => field,
  )
  return [...byField].map(([name, all]) => {
    const field = fields.find(each => each.name === name)
    return {
      field: name,
      events: all.reduce((sum, { events }) => sum + events, 0),
      receipt: all.map(({ receipt }) => receipt).sort()[0]!,
      // What is no field is an object around one.
      declared: field === undefined ? 'an object' : kindInWords(field),
    }
  })
}
