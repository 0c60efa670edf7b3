import { scaledText, toScaled } from './decimal.ts'
import { type Field, readerOf } from './fields.ts'

/**
 * Group values by field name; a field the event does not have is missing here too, which differs from null.
 */
export type Group = Readonly<Record<string, string | number | boolean | null>>

/**
 * Compiles the canonical text of a group: a JSON object with the group's fields in declared order. Missing
 * fields are left out, so that missing, null and "" stay three groups. Every engine makes the same bytes.
 *
 * @param readOf how a field is read; values that are checked already are taken as they are
 */
export function compileGroup(
  fields: readonly Field[],
  readOf: (field: Field) => ReturnType<typeof readerOf> = ({ path }) => readerOf(path),
): (data: Record<string, unknown>) => string {
  const parts = fields.map(field => ({
    prefix: `${JSON.stringify(field.name)}:`,
    read: readOf(field),
    scale: field.kind === 'number' ? field.scale : undefined,
  }))
  if (parts.length === 0) return () => '{}'
  return data => {
    let text = ''
    for (const { prefix, read, scale } of parts) {
      const value = read(data)
      if (value === undefined) continue
      text += `${text === '' ? '{' : ','}${prefix}${canonical(value, scale)}`
    }
    return text === '' ? '{}' : `${text}}`
  }
}

/**
 * Canonical JSON of a field's values: numbers as shortest decimals at the field's scale. Every engine makes
 * the same bytes.
 */
export function canonicalOf({ kind, scale }: Field): (value: unknown) => string {
  const places = kind === 'number' ? scale : undefined
  return value => canonical(value, places)
}

function canonical(value: unknown, scale: number | undefined): string {
  if (typeof value === 'number')
    return scale === undefined ? String(value + 0) : scaledText(toScaled(value, scale), scale)
  return JSON.stringify(value)
}

/** Reads a canonical text. */
export function parseGroup(text: string): Group {
  return JSON.parse(text) as Group
}

/** A group with only some of its fields, as canonical text: what groups roll up to. */
export function projectGroup(group: Group, names: readonly string[]): string {
  const kept = names.filter(name => Object.hasOwn(group, name)).map(name => [name, group[name]])
  return JSON.stringify(Object.fromEntries(kept))
}
