import type { ItemShape } from '../../doors/door.ts'
import { compilePointer } from '../../doors/pointer.ts'
import { type Declared, fail } from '../declared.ts'
import type { Contract } from '../pipeline.ts'
import { resolveSignature, type Signature } from './signature.ts'
import { CONVERSIONS, type FieldSource, type RuleDeclaration, type SourceDeclaration } from './source.ts'

/** Where a value comes from, checked. */
export type ValueSource = Exclude<FieldSource, string>

/** What items of one kind become; `type` undefined: they are ignored. */
export type Rule = {
  /** Values by JSON Pointers. */
  readonly when: readonly (readonly [pointer: string, value: unknown])[]
  readonly type: string | undefined
  /** A JSON Pointer to the whole data, or its fields by their paths. */
  readonly data: string | readonly (readonly [path: readonly string[], from: ValueSource])[]
}

/** A source, checked against the contracts that it names. */
export type Source = {
  readonly name: string
  readonly door: ItemShape
  /** Where it is declared, for whoever has to add to it. */
  readonly file: string
  readonly source: string
  readonly rules: readonly Rule[]
  /** Of webhooks. */
  readonly signature: Signature | undefined
  readonly id: ValueSource | undefined
  readonly time: ValueSource | undefined
}

/** @throws TributaryError `invalid_declaration`: file, what is wrong, and remedy */
export function resolveSource(
  { file, declaration }: Declared<SourceDeclaration>,
  latest: ReadonlyMap<string, Contract>,
): Source {
  const { name, door, source = `/sources/${name}` } = declaration
  const rules = declaration.rules.map((rule, i) => resolveRule(file, `rule ${i + 1}`, rule, latest))
  const all = rules.findIndex(rule => rule.when.length === 0)
  if (all >= 0 && all < rules.length - 1)
    fail(file, `rule ${all + 2} is never asked: rule ${all + 1} is for everything`, 'put that one last')
  const { signature, id, time } = declaration
  return {
    ...{ name, door, file, source, rules },
    signature: signature && resolveSignature(signature),
    id: id === undefined ? undefined : sourceOf(file, 'id', id),
    time: time === undefined ? undefined : sourceOf(file, 'time', time),
  }
}

function resolveRule(
  file: string,
  place: string,
  { when = {}, type, data }: RuleDeclaration,
  latest: ReadonlyMap<string, Contract>,
): Rule {
  const conditions = Object.entries(when)
  for (const [pointer] of conditions) requirePointer(file, `${place}, when`, pointer)
  if (type === undefined || data === undefined) return { when: conditions, type: undefined, data: [] }
  const contract = latest.get(type)
  if (contract === undefined)
    fail(
      file,
      `${place} makes "${type}", which has no contract`,
      `use one of ${[...latest.keys()].join(', ')}`,
    )
  if (typeof data !== 'string') return { when: conditions, type, data: fieldsOf(file, place, data, contract) }
  requirePointer(file, `${place}, data`, data)
  return { when: conditions, type, data }
}

function fieldsOf(
  file: string,
  place: string,
  data: Readonly<Record<string, FieldSource>>,
  contract: Contract,
): Exclude<Rule['data'], string> {
  const fields = Object.entries(data).map(
    ([name, from]) =>
      [pathOf(file, place, name, contract), sourceOf(file, `${place}, "${name}"`, from)] as const,
  )
  const given = Object.keys(data)
  const missing = contract.fields.find(
    ({ optional, name }) => !optional && !given.some(one => name === one || name.startsWith(`${one}.`)),
  )
  if (missing !== undefined)
    fail(
      file,
      `${place} leaves out "${missing.name}", which ${contract.type} requires`,
      'say where it is from',
    )
  return fields
}

/** A leaf of the contract, or an object around some. */
function pathOf(file: string, place: string, name: string, { type, fields }: Contract): readonly string[] {
  const leaf = fields.find(field => field.name === name)
  if (leaf !== undefined) return leaf.path
  const inside = fields.find(field => field.name.startsWith(`${name}.`))
  if (inside !== undefined) return inside.path.slice(0, name.split('.').length)
  const known = fields.map(field => field.name).join(', ')
  fail(file, `${place} gives "${name}", which ${type} does not have`, `use one of ${known}`)
}

function sourceOf(file: string, place: string, from: unknown): ValueSource {
  if (typeof from === 'string') return sourceOf(file, place, { from })
  const keys = typeof from === 'object' && from !== null ? Object.keys(from) : []
  if (keys.join() === 'value') return from as ValueSource
  if (!keys.includes('from') || keys.some(key => !['from', 'as', 'or'].includes(key)))
    fail(file, `${place} says not where it is from`, "write '/properties/…', { from, as, or } or { value }")
  const source = from as Extract<ValueSource, { from: string }>
  requirePointer(file, place, source.from)
  if (source.as !== undefined && !CONVERSIONS.includes(source.as))
    fail(file, `${place}: as ${JSON.stringify(source.as)} is unknown`, `use one of ${CONVERSIONS.join(', ')}`)
  return source
}

function requirePointer(file: string, place: string, pointer: unknown): void {
  if (typeof pointer === 'string' && pointer.startsWith('/') && compilePointer(pointer) !== undefined) return
  fail(
    file,
    `${place}: ${JSON.stringify(pointer)} is no JSON Pointer`,
    "write one such as '/properties/price'",
  )
}
