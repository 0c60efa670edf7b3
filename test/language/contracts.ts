import fc from 'fast-check'
import type { Measure } from '../../core/declare/measures.ts'
import type { MetricDeclaration } from '../../core/declare/metric.ts'
import type { Declared } from './agreement.ts'
import { TYPE_NAMES } from './names.ts'
import { branch, field, type Setting } from './objects.ts'
import { columnOf, type Leaf, leavesOf, type Node, type Written } from './written.ts'

/** A contract as an author may write it, a metric of it, and values that it takes. */
export type WrittenContract = Declared & { readonly values: fc.Arbitrary<unknown> }

const setting: fc.Arbitrary<Setting> = fc
  .tuple(fc.option(fc.nat(15), { nil: undefined, freq: 4 }), fc.nat(2))
  .chain(([scale, count]) =>
    fc
      .array(field({ scale, definitions: new Map() }, 1), { minLength: count, maxLength: count })
      .map(all => ({ scale, definitions: new Map(all.map((one, i) => [`part${i}`, one])) })),
  )

const draft = setting
  .chain(one => fc.tuple(fc.constant(one), branch(one, 2)))
  .filter(([, { means }]) => isDeclarable(leavesOf(means)))

/** So many contracts, the same for the same seed. */
export function writtenContracts(count: number, seed: number): readonly WrittenContract[] {
  const contracts = draft.chain(([one, whole]) =>
    fc.tuple(...CHOICES).map(choices => ({ one, whole, choices })),
  )
  return fc
    .sample(contracts, { seed, numRuns: count })
    .map(({ one, whole, choices }, i) => contractOf(i, one, whole, choices))
}

const CHOICES = [
  fc.nat(),
  fc.nat(),
  fc.nat(),
  fc.constantFrom('day', 'hour', 'minute'),
  fc.infiniteStream(fc.nat()),
] as const

type Choices = readonly [number, number, number, 'day' | 'hour' | 'minute', Iterable<number>]

function contractOf(
  i: number,
  { scale, definitions }: Setting,
  whole: Written,
  choices: Choices,
): WrittenContract {
  const leaves = leavesOf(whole.means)
  const single = leaves.filter(({ kind }) => kind !== 'json')
  const named = (leaf: Leaf) => leaf.path.join('.')
  const type = `org.${i < 2 * TYPE_NAMES.length && i >= TYPE_NAMES.length ? 'other' : 'example'}.${TYPE_NAMES[i % TYPE_NAMES.length]}${i < 2 * TYPE_NAMES.length ? '' : i}`
  const data: Node = {
    ...whole.schema,
    ...(definitions.size > 0 && {
      $defs: Object.fromEntries([...definitions].map(([name, one]) => [name, one.schema])),
    }),
  }
  return {
    declaration: {
      ...{ type, version: 1, partitionBy: [named(single[choices[0] % single.length]!)], data },
      ...(scale !== undefined && { scale }),
      ...(choices[1] % 5 === 0 && { dedupe: 'record' }),
    },
    metric: metricOf(`m${i}`, type, single, choices),
    leaves,
    values: whole.values,
  }
}

/** Fields that a metric can read: their names as paths are plain, their numbers have a scale. */
function metricOf(
  name: string,
  type: string,
  single: readonly Leaf[],
  [a, b, c, window, stream]: Choices,
): MetricDeclaration {
  const usable = single.filter(
    leaf =>
      (leaf.kind !== 'number' || leaf.scale !== undefined) && leaf.path.every(key => !key.includes('.')),
  )
  const named = usable.map(leaf => leaf.path.join('.'))
  const by = [...new Set([named[a % 7], named[b % 11]])].filter(one => one !== undefined)
  const random = stream[Symbol.iterator]()
  const measures = usable.slice(0, 6).flatMap((leaf, i): [string, Measure][] => {
    const kinds = leaf.kind === 'integer' || leaf.kind === 'number' ? [...NUMERIC, ...OF_ANY] : OF_ANY
    const kind = kinds[random.next().value! % kinds.length]!
    return [
      [
        `m${i}_${kind}`,
        { kind, field: leaf.path.join('.'), ...(kind === 'quantile' && { q: 0.95 }) } as Measure,
      ],
    ]
  })
  const ratio = measures.find(([, { kind }]) => kind === 'sum')
  return {
    ...{ name, type, window, by },
    ...(c % 4 === 0 && named[c % 5] !== undefined && { where: { [named[c % 5]!]: { exists: c % 8 === 0 } } }),
    measures: {
      events: { kind: 'count' },
      ...Object.fromEntries(measures),
      ...(ratio !== undefined && { share: { kind: 'ratio', of: ratio[0], to: 'events' } as Measure }),
    },
  }
}

const NUMERIC = ['sum', 'min', 'max', 'mean', 'variance', 'stddev', 'quantile', 'rate'] as const
const OF_ANY = ['first', 'last', 'distinct'] as const

const TAKEN: ReadonlySet<string> = new Set([
  ...[
    'event_id',
    'event_source',
    'event_time',
    'received_at',
    'receipt',
    'epoch',
    'event_hash',
    'event_partition',
  ],
  ...['tbepoch', 'tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid', 'oid', 'insertxid', 'deletexid'],
])

/** What docs/declare.md says a table can hold, and a field that events can be partitioned by. */
function isDeclarable(leaves: readonly Leaf[]): boolean {
  const columns = leaves.map(columnOf)
  const paths = new Set(leaves.map(({ path }) => path.join('.').toLowerCase()))
  return (
    new Set(columns).size === columns.length &&
    paths.size === leaves.length &&
    columns.every(column => !TAKEN.has(column) && Buffer.byteLength(column) <= 63) &&
    leaves.some(({ kind }) => kind !== 'json')
  )
}
