import type { ContractDeclaration } from '../../core/declare/contract.ts'
import type { MetricDeclaration } from '../../core/declare/metric.ts'
import type { Declared } from '../language/agreement.ts'
import type { Leaf, Node } from '../language/written.ts'

const NUMERIC = ['count', 'sum', 'min', 'max', 'mean', 'variance', 'stddev'] as const

function contract(
  name: string,
  data: Node,
  leaves: readonly Leaf[],
  metric: Pick<MetricDeclaration, 'by' | 'measures'>,
): Declared {
  const type = `org.hostile.${name}`
  return {
    declaration: { type, version: 1, partitionBy: ['who'], scale: 6, data } as ContractDeclaration,
    metric: { name: `${name}_hourly`, type, window: 'hour', ...metric },
    leaves,
  }
}

const leaf = (kind: Leaf['kind'], path: string, scale?: number): Leaf => ({
  kind,
  path: path.split('.'),
  scale,
})

/** One field of each kind, and keywords whose cost grows with what they judge. */
export const EACH_KIND = contract(
  'kinds',
  {
    type: 'object',
    required: ['who'],
    properties: {
      who: { type: ['string', 'null'] },
      word: { type: 'string', pattern: '^(\\w+\\s?)*$' },
      link: { type: 'string', format: 'url' },
      at: { type: 'string', format: 'date-time' },
      amount: { type: 'number', multipleOf: 0.01 },
      measured: { type: 'number' },
      whole: { type: 'integer' },
      flag: { type: 'boolean' },
      unique: { type: 'array', uniqueItems: true },
      any: {},
    },
  },
  [
    ...[leaf('text', 'who'), leaf('text', 'word'), leaf('text', 'link'), leaf('instant', 'at')],
    ...[leaf('number', 'amount', 2), leaf('number', 'measured', 6), leaf('integer', 'whole')],
    ...[leaf('boolean', 'flag'), leaf('json', 'unique'), leaf('json', 'any')],
  ],
  {
    by: ['who', 'at'],
    measures: {
      ...Object.fromEntries(
        NUMERIC.map(kind => [`m_${kind}`, kind === 'count' ? { kind } : { kind, field: 'measured' }]),
      ),
      total: { kind: 'sum', field: 'amount' },
      top: { kind: 'max', field: 'whole' },
      p95: { kind: 'quantile', field: 'measured', q: 0.95 },
      words: { kind: 'distinct', field: 'word' },
      first_word: { kind: 'first', field: 'word' },
      last_link: { kind: 'last', field: 'link' },
    } as MetricDeclaration['measures'],
  },
)

/** Objects in objects, as deep as a contract may go. */
export const DEPTH = 22
const deepest: Node = { type: ['string', 'null'] }
const nested = Array.from({ length: DEPTH - 1 }).reduce<Node>(
  inner => ({ type: 'object', properties: { d: inner } }),
  deepest,
)
const bottom = Array.from({ length: DEPTH }, () => 'd').join('.')

export const DEEP = contract(
  'deep',
  { type: 'object', properties: { who: { type: 'string' }, d: nested } },
  [leaf('text', 'who'), leaf('text', bottom)],
  { by: [bottom], measures: { events: { kind: 'count' } } },
)

/** About as many fields as a table takes. */
export const TEXTS = 180
export const NUMBERS = 200
const names = (letter: string, n: number) => Array.from({ length: n }, (_, i) => `${letter}${i}`)

export const WIDE = contract(
  'wide',
  {
    type: 'object',
    properties: Object.fromEntries([
      ['who', { type: 'string' }],
      ...names('t', TEXTS).map(name => [name, { type: ['string', 'null'] }]),
      ...names('n', NUMBERS).map(name => [name, { type: 'number' }]),
    ]),
  },
  [
    leaf('text', 'who'),
    ...names('t', TEXTS).map(name => leaf('text', name)),
    ...names('n', NUMBERS).map(name => leaf('number', name, 6)),
  ],
  { by: ['t0', 't1', 't2'], measures: { events: { kind: 'count' }, sum: { kind: 'sum', field: 'n0' } } },
)

/** What the others send meanwhile. */
export const ORDINARY = contract(
  'ordinary',
  { type: 'object', required: ['who'], properties: { who: { type: 'string' }, n: { type: 'integer' } } },
  [leaf('text', 'who'), leaf('integer', 'n')],
  { by: ['who'], measures: { events: { kind: 'count' }, sum: { kind: 'sum', field: 'n' } } },
)
