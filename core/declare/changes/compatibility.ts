import type { Field } from '../../data/fields.ts'
import { isCoarser, tighterRange } from '../number-range.ts'
import type { Contract } from '../pipeline.ts'
import { storedTypeProblem } from './stored-type.ts'

/** Why a newer version of a contract breaks with an older one, and what would be right. */
export type Incompatibility = {
  readonly type: string
  readonly older: number
  readonly newer: number
  readonly field: string
  readonly problem: string
}

/**
 * Checks each version of a type against the one before it: what an older event holds must be right, and mean
 * the same, in the newer version. So a field may not go, change its type or lose decimals, become required,
 * or refuse null or values it took.
 */
export function checkVersions(contracts: readonly Contract[]): readonly Incompatibility[] {
  const byType = Map.groupBy(contracts, contract => contract.type)
  return [...byType.values()].flatMap(versions => {
    const sorted = versions.toSorted((a, b) => a.version - b.version)
    return sorted.slice(1).flatMap((newer, i) => compareContracts(sorted[i]!, newer))
  })
}

/**
 * Checks that events of `older` stay right under `newer`. Two states of one version are compared the same
 * way.
 */
export function compareContracts(older: Contract, newer: Contract): readonly Incompatibility[] {
  const found: Incompatibility[] = []
  const add = (field: string, problem: string) =>
    found.push({ type: newer.type, older: older.version, newer: newer.version, field, problem })
  const before = new Map(older.fields.map(field => [field.name, field]))
  const after = new Map(newer.fields.map(field => [field.name, field]))
  for (const [name, field] of before) {
    const now = after.get(name)
    if (now === undefined) add(name, 'is gone; keep it, and make it optional if it is no longer sent')
    else for (const problem of narrowing(field, now)) add(name, problem)
  }
  for (const [name, field] of after)
    if (!before.has(name) && !field.optional) add(name, 'is new and required; make it optional')
  for (const { field, problem } of tightened(older.data, newer.data, '', newer.scale)) add(field, problem)
  return found
}

function narrowing(before: Field, after: Field): readonly string[] {
  const problem = storedTypeProblem(before, after)
  const problems = problem === undefined ? [] : [problem]
  if (before.nullable && !after.nullable) problems.push('no longer takes null; allow it again')
  if (before.optional && !after.optional) problems.push('is now required; make it optional again')
  return problems
}

type Schema = Readonly<Record<string, unknown>>
type Tightened = { readonly field: string; readonly problem: string }

/** Keywords whose bigger value refuses more, and those whose smaller value does. */
const LEAST = ['minLength', 'minItems', 'minProperties']
const MOST = ['maxLength', 'maxItems', 'maxProperties']
/** Keywords whose effect cannot be compared: adding or changing one may refuse what was right. */
const OPAQUE = ['pattern', 'format', 'const', 'not', 'if', 'contains', 'uniqueItems', 'dependentRequired']

/**
 * Constraints that got tighter from one schema to the next, down through properties, items and alternatives.
 */
function tightened(
  older: unknown,
  newer: unknown,
  path: string,
  scale: number | undefined,
): readonly Tightened[] {
  if (!isSchema(older) || !isSchema(newer)) return []
  const field = path === '' ? 'data' : path
  const own = [
    ...bounds(older, newer, scale),
    ...OPAQUE.filter(key => newer[key] !== undefined && !sameJson(older[key], newer[key])).map(
      key => `${key} was added or changed; older values may fail it`,
    ),
    ...(isCoarser(older, newer) ? ['multipleOf was added or changed; older values may fail it'] : []),
    ...values(older, newer),
    ...(newer['additionalProperties'] === false && older['additionalProperties'] !== false
      ? ['refuses further properties, which older events may have']
      : []),
  ]
  return [...own.map(problem => ({ field, problem })), ...nested(older, newer, path, scale)]
}

function bounds(older: Schema, newer: Schema, scale: number | undefined): readonly string[] {
  const tighter = (key: string, sign: 1 | -1) => {
    const now = newer[key]
    const was = older[key] ?? -sign * Number.POSITIVE_INFINITY
    return typeof now === 'number' && typeof was === 'number' && (now - was) * sign > 0
  }
  return [
    ...[...LEAST.filter(key => tighter(key, 1)), ...MOST.filter(key => tighter(key, -1))].map(
      key => `${key} got tighter (${older[key] ?? 'none'} → ${newer[key]}); older values may fail it`,
    ),
    ...tighterRange(older, newer, scale),
  ]
}

function values(older: Schema, newer: Schema): readonly string[] {
  const [was, now] = [older['enum'], newer['enum']]
  if (!Array.isArray(now)) return []
  if (!Array.isArray(was)) return ['lists the values it takes, and took others before']
  const gone = was.filter(value => !now.some(one => sameJson(one, value)))
  return gone.length === 0 ? [] : [`no longer takes ${gone.map(value => JSON.stringify(value)).join(', ')}`]
}

function nested(older: Schema, newer: Schema, path: string, scale: number | undefined): readonly Tightened[] {
  const [before, after] = [older['properties'], newer['properties']]
  const properties =
    isSchema(before) && isSchema(after)
      ? Object.keys(before).flatMap(key =>
          tightened(before[key], after[key], path === '' ? key : `${path}.${key}`, scale),
        )
      : []
  const items = tightened(older['items'], newer['items'], `${path}[]`, scale)
  // Alternatives are compared place by place: nullable fields, the usual case, keep their order.
  const alternatives = ['anyOf', 'oneOf', 'allOf'].flatMap(key => {
    const [was, now] = [older[key], newer[key]]
    if (!Array.isArray(was) || !Array.isArray(now)) return []
    return was.flatMap((schema, i) => tightened(schema, now[i], path, scale))
  })
  return [...properties, ...items, ...alternatives]
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
