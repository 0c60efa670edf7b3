import { readerOf } from '../data/fields.ts'
import type { Contract } from '../declare/pipeline.ts'
import type { Shape } from '../schema/shape.ts'

/** Fields of a type that its contract does not name: they stay in the raw lake, and get no column. */
export type Undeclared = { readonly type: string; readonly names: readonly string[] }

/** What may be done about fields that no contract names. */
export const UNDECLARED =
  'they are kept in the raw lake only: declare them to have columns, or say with additionalProperties whether such fields may be there'

/** Names that are told of one type; beyond, nobody reads on. */
export const MOST_NAMES = 20
/** Longest name that is told whole, characters. */
const LONGEST_NAME = 100
/**
 * Once some are known, the first event of each request and one of so many is looked at for them: every one
 * would cost too much.
 */
const LOOK_EVERY = 31

/** An object of a contract whose further fields nobody has declared anything about. */
type Node = {
  readonly path: string
  readonly known: ReadonlySet<string>
  /** An object with no more fields than it requires has no others: most are so. */
  readonly least: number
  readonly isOpen: boolean
  readonly children: readonly { readonly read: ReturnType<typeof readerOf>; readonly node: Node }[]
}

/** Names, dotted, of fields of an event; undefined where there are none, or it was not looked. */
export type LookForUndeclared = (
  data: Record<string, unknown>,
  index: number,
) => readonly string[] | undefined

/**
 * Compiles the look for undeclared fields of data, which has to be right, by its place in the request.
 * Undefined where there is nothing to look for: what `additionalProperties` allows, or refuses, somebody has
 * thought of.
 */
export function compileUndeclared({ data }: Pick<Contract, 'data'>): LookForUndeclared | undefined {
  const root = nodeOf(data, '')
  if (root === undefined) return undefined
  const found: string[] = []
  let isAware = false
  let last = -1
  let skipped = 0
  return (value, index) => {
    // Places count up within a request, of which one after the other is judged.
    const isFirst = index <= last
    last = index
    if (isAware && !isFirst && ++skipped % LOOK_EVERY !== 0) return undefined
    collect(root, value, found)
    if (found.length === 0) return undefined
    isAware = true
    return found.splice(0)
  }
}

/** Names that were not known of before, by type: at most 20 of each, and types are as many as contracts. */
export function createUndeclaredNews(
  known: Map<string, ReadonlySet<string>>,
): (found: Undeclared) => readonly string[] {
  return ({ type, names }) => {
    const before = known.get(type) ?? new Set()
    const fresh = names.filter(name => !before.has(name)).slice(0, MOST_NAMES - before.size)
    if (fresh.length > 0) known.set(type, new Set([...before, ...fresh]))
    return fresh
  }
}

/** Every field of data that its contract does not name, dotted: at most 20, of data that is right. */
export function undeclaredIn({ data }: Pick<Contract, 'data'>, value: object): readonly string[] {
  const root = nodeOf(data, '')
  const found: string[] = []
  if (root !== undefined) collect(root, value, found)
  return found
}

function nodeOf(shape: Shape, path: string): Node | undefined {
  if (!('properties' in shape) || shape.properties === undefined) return undefined
  const { properties, required = [] } = shape
  const children = Object.entries(properties).flatMap(([name, child]) => {
    const node = nodeOf(child, `${path}${name}.`)
    return node === undefined ? [] : [{ read: readerOf([name]), node }]
  })
  const isOpen = shape.additionalProperties === undefined
  if (!isOpen && children.length === 0) return undefined
  return { path, known: new Set(Object.keys(properties)), least: required.length, isOpen, children }
}

/** Without iterators and closures: every event pays for it. */
function collect({ path, known, least, isOpen, children }: Node, object: object, found: string[]): void {
  if (isOpen) {
    const names = Object.keys(object)
    if (names.length > least) for (const name of names) if (!known.has(name)) add(found, path + name)
  }
  for (let i = 0; i < children.length; i++) {
    const { read, node } = children[i]!
    const value = read(object as Record<string, unknown>)
    if (typeof value === 'object' && value !== null) collect(node, value, found)
  }
}

function add(found: string[], name: string): void {
  if (found.length < MOST_NAMES) found.push(name.slice(0, LONGEST_NAME))
}
