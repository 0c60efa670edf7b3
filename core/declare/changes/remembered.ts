import type { Field } from '../../data/fields.ts'
import type { Contract, Pipeline } from '../pipeline.ts'
import type { Incompatibility } from './compatibility.ts'
import { storedTypeProblem } from './stored-type.ts'

/**
 * A field as stored events were declared with it. Of one that is known by its column alone the name is
 * undefined, as is whether it may be null or missing.
 */
export type KeptField = Pick<Field, 'column' | 'kind'> & {
  readonly scale?: number | undefined
} & Partial<Pick<Field, 'name' | 'nullable' | 'optional'>>

/** A type as its stored events were declared: every field that they may have had, by its column. */
export type KeptType = {
  readonly version: number
  readonly fields: readonly KeptField[]
  /** Names of the fields that events were partitioned by last. An older folder, or platform, has none. */
  readonly partitionBy?: readonly string[]
}

/** What stored events were declared as, by type. Types and fields that are declared no more stay in it. */
export type Remembered = Readonly<Record<string, KeptType>>

/** A type as it is declared. An event may be of any version, so it may lack what any of them lacks. */
export function keptType(versions: readonly Contract[]): KeptType {
  const { version, fields, partitionBy } = versions.at(-1)!
  const kept = fields.map(({ name, column, kind, scale, nullable, optional }): KeptField => {
    const others = versions.map(each => each.fields.find(field => field.column === column))
    return {
      ...{ name, column, kind },
      ...(scale !== undefined && { scale }),
      nullable: nullable || others.some(other => other?.nullable),
      optional: optional || others.some(other => other === undefined || other.optional),
    }
  })
  return { version, fields: kept, partitionBy: partitionBy.map(({ name }) => name) }
}

/**
 * What is to be remembered after a start: what was, with what is declared now in its place. Events from
 * before a field was declared may lack it.
 */
export function remember(before: Remembered, pipeline: Pipeline, hasEvents: HasEvents): Remembered {
  const now = [...versionsByType(pipeline)].map(([type, versions]): [string, KeptType] => {
    const is = keptType(versions)
    const hasOlder = hasEvents(type) && Object.hasOwn(before, type)
    const was = new Map((hasOlder ? before[type]!.fields : []).map(field => [field.column, field]))
    const fields = is.fields.map(field => {
      const kept = was.get(field.column)
      return kept === undefined && hasOlder ? { ...field, optional: true } : withHistory(field, kept)
    })
    for (const { column } of fields) was.delete(column)
    return [type, { ...is, fields: [...fields, ...was.values()] }]
  })
  return { ...before, ...Object.fromEntries(now) }
}

/** What an event once could be, stored events can be for ever; of a column alone nobody knows. */
function withHistory(is: KeptField, was: KeptField | undefined): KeptField {
  if (was === undefined) return is
  const { nullable, optional, ...rest } = is
  const [mayBeNull, mayLack] = [either(nullable, was.nullable), either(optional, was.optional)]
  return {
    ...rest,
    ...(mayBeNull !== undefined && { nullable: mayBeNull }),
    ...(mayLack !== undefined && { optional: mayLack }),
  }
}

function either(is: boolean | undefined, was: boolean | undefined): boolean | undefined {
  if (is === true || was === true) return true
  return is === false && was === false ? false : undefined
}

/** The columns of a type that no stored event lacks and none has as null; none where nobody knows. */
export function requiredColumns(remembered: Remembered | undefined, type: string): ReadonlySet<string> {
  const fields = remembered === undefined ? [] : fieldsOf(remembered, type)
  const required = fields.filter(({ nullable, optional }) => nullable === false && optional === false)
  return new Set(required.map(({ column }) => column))
}

/** Whether there are stored events of a type. */
export type HasEvents = (type: string) => boolean

/**
 * What stored events were and could not be under the declarations as they are: every layer reads all events
 * of a type as its newest version declares them. Of a type without events nothing is compared but its
 * versions.
 */
export function historyProblems(
  before: Remembered,
  pipeline: Pipeline,
  hasEvents: HasEvents,
): readonly Incompatibility[] {
  return [...versionsByType(pipeline)].flatMap(([type, versions]) => {
    const newest = versions.at(-1)!
    const older = versions.slice(0, -1).map(one => keptType([one]))
    const stored = Object.hasOwn(before, type) && hasEvents(type) ? [before[type]!] : []
    const found = [...stored, ...older].flatMap(kept => problemsOf(kept, newest))
    // A version says again what is remembered of it.
    return [...new Map(found.map(each => [`${each.field} ${each.problem}`, each])).values()]
  })
}

function problemsOf({ version, fields }: KeptType, newest: Contract): readonly Incompatibility[] {
  const known = new Map(fields.map(field => [field.column, field]))
  const isWhole = fields.every(({ name }) => name !== undefined)
  return newest.fields.flatMap(field => {
    const was = known.get(field.column)
    const found = was === undefined ? (isWhole ? added(field) : undefined) : changed(was, field)
    if (found === undefined) return []
    return [{ type: newest.type, older: version, newer: newest.version, field: field.name, problem: found }]
  })
}

function changed(was: KeptField, is: Field): string | undefined {
  if (was.name !== undefined && was.name !== is.name)
    return `has the column ${is.column}, which holds values of "${was.name}"; give it another name`
  // JSON is stored as text: of a column alone they cannot be told apart.
  const isText = was.name === undefined && was.kind === 'string' && is.kind === 'json'
  const problem = isText ? undefined : storedTypeProblem({ kind: was.kind, scale: was.scale }, is)
  if (problem !== undefined) return problem
  if (was.nullable === true && !is.nullable) return 'was null in stored events perhaps; let it take null'
  if (was.optional === true && !is.optional && is.nullable)
    return 'may be missing in stored events; make it optional, since null and missing are two groups'
  return undefined
}

/** Older events lack it. */
function added(is: Field): string | undefined {
  if (is.optional || !is.nullable) return undefined
  return 'is new; make it optional, since null and missing are two groups'
}

function fieldsOf(before: Remembered, type: string): readonly KeptField[] {
  return Object.hasOwn(before, type) ? before[type]!.fields : []
}

function versionsByType({ contracts }: Pipeline): ReadonlyMap<string, readonly Contract[]> {
  return Map.groupBy(contracts, contract => contract.type)
}
