import type { ContractDeclaration } from '../../core/declare/contract.ts'
import { NumberText, parseExact } from '../oracle/decimal.ts'
import { expectedPartials, type Judged, judge } from '../oracle.ts'
import type { Declared } from './agreement.ts'
import { sorted } from './expected.ts'
import type { Leaf, Node } from './written.ts'

/** An event as it was sent and taken. */
export type Sent = {
  readonly id: string
  readonly type: string
  readonly time: string
  readonly data: unknown
}

/** Values of a metric, as text with every digit, by window and group. */
export type Answer = Readonly<Record<string, string>>

/** What a metric must answer about the events of its type. */
export function expectedAnswer({ declaration, metric, leaves }: Declared, sent: readonly Sent[]): Answer {
  const plain = { ...declaration, data: plainSchema(leaves) } as ContractDeclaration
  const rows = expectedPartials(judged(sent), metric, [plain]).map(({ window, group, values }) => [
    `${new Date(window).toISOString().replace('.000Z', 'Z')} ${sorted(JSON.parse(group))}`,
    sorted(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shown(value)]))),
  ])
  return Object.fromEntries(rows) as Answer
}

/** The answer that was given, read digit by digit. */
export function readAnswer(text: string): Answer {
  const { rows } = exact(parseExact(text)) as {
    rows: readonly { window: string; group: Node; values: Node }[]
  }
  return Object.fromEntries(
    rows.map(({ window, group, values }) => [`${window} ${sorted(groupOf(group))}`, sorted(values)]),
  )
}

/** Numbers of a group are few digits: as JSON's readers read them. */
function groupOf(group: Node): Node {
  return Object.fromEntries(
    Object.entries(group).map(([name, value]) => [name, isNumber(value) ? Number(value.number) : value]),
  )
}

const isNumber = (value: unknown): value is { readonly number: string } =>
  typeof value === 'object' && value !== null && 'number' in value

/** Numbers as their texts. */
function exact(value: unknown): unknown {
  if (value instanceof NumberText) return { number: value.source }
  if (Array.isArray(value)) return value.map(exact)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, exact(one)]))
}

function shown(value: unknown): unknown {
  if (typeof value === 'number') return { number: JSON.stringify(value) }
  return typeof value === 'object' && value !== null
    ? { number: (value as { rawJSON: string }).rawJSON }
    : value
}

/** In the order of receipt; all of one epoch, which says nothing about what is answered. */
function judged(sent: readonly Sent[]): readonly Judged[] {
  const received = sent.map((event, i) => ({
    json: JSON.stringify({ ...event, source: '/language', tbreceipt: String(i).padStart(9, '0') }),
    ...{ epoch: 0, partition: 0 },
  }))
  return judge(received, { horizon: 1, epochLength: 1 })
}

type Plain = { properties: Record<string, Plain> } | Node

/** What the reference reads of a contract: where its single values are, and their decimal places. */
function plainSchema(leaves: readonly Leaf[]): Node {
  // Without a prototype: a field may be called like what every object has.
  const branch = () => ({ properties: Object.create(null) as Record<string, Plain> })
  const root = branch()
  for (const { path, kind, scale } of leaves.filter(leaf => leaf.kind !== 'json')) {
    let node = root
    for (const key of path.slice(0, -1)) {
      node.properties[key] ??= branch()
      node = node.properties[key] as typeof root
    }
    const type = kind === 'text' || kind === 'instant' ? 'string' : kind
    const places = kind === 'number' && scale !== undefined ? { multipleOf: Number(`1e-${scale}`) } : {}
    // Whether null is taken is the contract's own business: these events have been taken by it.
    node.properties[path.at(-1)!] = { type: [type, 'null'], ...places }
  }
  return root
}
