import type { Rule, Source } from '../declare/sources/resolve-source.ts'
import { compileValue } from './convert.ts'
import type { Item, Refused } from './door.ts'
import { compilePointer } from './pointer.ts'

/** What an item becomes: an event, nothing that is kept, or a rejected event. */
export type Mapped =
  | { readonly kind: 'event'; readonly event: Readonly<Record<string, unknown>> }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'refused'; readonly refused: Refused }

/** Says what items of a source become; nothing of what they hold is ever run. */
export type Mapping = (item: Item) => Mapped

/** Compiles the rules of a source. */
export function compileMapping({ file, source, rules }: Source): Mapping {
  const compiled = rules.map(compileRule)
  return item => {
    if (item.refused !== undefined) return { kind: 'refused', refused: item.refused }
    const rule = compiled.find(({ isFor }) => isFor(item.value))
    if (rule === undefined) return unmapped(item, `no rule of ${file} is for`, rules)
    if (rule.type === undefined) return { kind: 'ignored' }
    const { id, time, value } = item
    const event = { specversion: '1.0', id, source, type: rule.type, time, data: rule.dataOf(value) }
    return { kind: 'event', event }
  }
}

/** What items become where no source is declared for them: kept, and said to be unknown. */
export function undeclaredMapping(shape: string): Mapping {
  const detail = `no source says what this becomes; declare one with door: '${shape}' in pipeline/sources/`
  return ({ refused }) => ({ kind: 'refused', refused: refused ?? { code: 'unknown_contract', detail } })
}

function unmapped({ value }: Item, problem: string, rules: readonly Rule[]): Mapped {
  const pointers = [...new Set(rules.flatMap(({ when }) => when.map(([pointer]) => pointer)))]
  const found = pointers.map(pointer => `${pointer} ${shown(compilePointer(pointer)!(value))}`)
  const detail = `${problem} ${found.join(', ')}; add one, or one without "when" for all others`
  return { kind: 'refused', refused: { code: 'unknown_contract', detail } }
}

const LONGEST_SHOWN = 80

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '(a list)' : '(an object)'
  return (JSON.stringify(value) ?? '(nothing)').slice(0, LONGEST_SHOWN)
}

function compileRule({ when, type, data }: Rule) {
  const conditions = when.map(([pointer, value]) => [compilePointer(pointer)!, value] as const)
  return {
    type,
    isFor: (value: unknown) => conditions.every(([at, wanted]) => at(value) === wanted),
    dataOf: typeof data === 'string' ? compilePointer(data)! : compileFields(data),
  }
}

function compileFields(fields: Exclude<Rule['data'], string>): (value: unknown) => unknown {
  const compiled = fields.map(([path, from]) => [path, compileValue(from)] as const)
  return item => {
    const data: Record<string, unknown> = {}
    for (const [path, read] of compiled) put(data, path, read(item))
    return data
  }
}

/** What is not there is left out, so that the contract says whether it may be. */
function put(data: Record<string, unknown>, path: readonly string[], value: unknown): void {
  if (value === undefined) return
  let node = data
  for (const key of path.slice(0, -1)) {
    node[key] ??= {}
    node = node[key] as Record<string, unknown>
  }
  node[path.at(-1)!] = value
}
