import type { Run } from '../../../core/ports/runs.ts'

/**
 * The report of a run as attributes of several items: the first five keys of a value name the item, the next
 * one its attribute, what is deeper is one JSON text. So what became of a type or a metric in an epoch
 * (`epochs/…/reconciliation/metrics/…`) is an item of its own: tasks that report side by side do not write
 * over each other, and each write costs as much as it writes, however much the epoch's others have reported.
 */
export type ReportParts = ReadonlyMap<string, ReadonlyMap<string, string>>

type Plain = Readonly<Record<string, unknown>>

const ITEM_DEPTH = 5
const DEPTH = ITEM_DEPTH + 1
/**
 * Sort keys end at 1,024 bytes (Amazon DynamoDB quotas); keys of a report are instants, types and metrics.
 */
const LONGEST_ITEM_NAME = 900
/** Longest value, bytes; an item ends at 400 KB, and holds as many values as its last key has. */
const LONGEST_VALUE = 32_768

/** Splits a report. Values over 32 KB are cut: their place says how long they were. */
export function partsOfReport(report: Plain): ReportParts {
  const parts = new Map<string, Map<string, string>>()
  for (const { path, value } of leavesOf(report, [])) {
    const deep = path.slice(0, Math.min(ITEM_DEPTH, path.length - 1))
    const item = Buffer.byteLength(JSON.stringify(deep)) > LONGEST_ITEM_NAME ? [] : deep
    const name = JSON.stringify(item)
    const attributes = parts.get(name) ?? new Map<string, string>()
    attributes.set(JSON.stringify(path.slice(item.length)), boundedText(value))
    parts.set(name, attributes)
  }
  return parts
}

/** Puts a report together again, in the order of its keys. */
export function reportOfParts(parts: ReportParts): Run['report'] {
  const report: Tree = new Map()
  const values = [...parts].flatMap(([item, attributes]) =>
    [...attributes].map(([attribute, text]) => ({
      path: [...pathOf(item), ...pathOf(attribute)],
      value: JSON.parse(text) as unknown,
    })),
  )
  // A shallow value comes before a deeper one under the same key, which then finds its place.
  values.sort((a, b) => comparePaths(a.path, b.path))
  for (const { path, value } of values) plant(report, path, value)
  return plainOf(report)
}

/** Key by key; a path that another one begins with comes first. */
function comparePaths(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((key, i) => key !== b[i])
  if (at < 0 || at >= b.length) return a.length - b.length
  return a[at]! < b[at]! ? -1 : 1
}

/** What stands in place of a value that could not be kept. */
export function cut(text: string): string {
  return JSON.stringify({ cut: `${Buffer.byteLength(text)} bytes are more than the record of a run keeps` })
}

type Leaf = { readonly path: readonly string[]; readonly value: unknown }

function leavesOf(value: Plain, path: readonly string[]): Leaf[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, key]
    if (inner === undefined) return []
    if (here.length === DEPTH || !isPlain(inner) || Object.keys(inner).length === 0)
      return [{ path: here, value: inner }]
    return leavesOf(inner, here)
  })
}

function boundedText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  return Buffer.byteLength(text) > LONGEST_VALUE ? cut(text) : text
}

/** Maps, as keys such as `__proto__` are data here. */
type Tree = Map<string, unknown>

function plant(tree: Tree, path: readonly string[], value: unknown): void {
  let at = tree
  for (const key of path.slice(0, -1)) {
    const inner = at.get(key)
    const next: Tree =
      inner instanceof Map ? (inner as Tree) : new Map(isPlain(inner) ? Object.entries(inner) : [])
    at.set(key, next)
    at = next
  }
  at.set(path.at(-1)!, value)
}

function plainOf(tree: Tree): Run['report'] {
  return Object.fromEntries(
    [...tree].map(([key, value]) => [key, value instanceof Map ? plainOf(value as Tree) : value]),
  )
}

function pathOf(name: string): string[] {
  return JSON.parse(name) as string[]
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
