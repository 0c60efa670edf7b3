import fc from 'fast-check'
import type { Draft } from '../arbitraries.ts'
import { type Request, requests } from '../arbitraries.ts'

/** One thing that happens to the speed layer. `shard` and `take` are cut to what there is. */
export type Step =
  /** One handler gets the next records; it may crash at a moment, and then gets them again as a whole. */
  | { readonly kind: 'deliver'; readonly shard: number; readonly take: number; readonly crashAt?: number }
  /** The batch fails as a whole and is delivered in two halves. */
  | { readonly kind: 'bisect'; readonly shard: number; readonly take: number; readonly crashAt: number }
  /** Records from the lowest failed one on come again, though all had succeeded. */
  | { readonly kind: 'rewind'; readonly shard: number; readonly by: number }
  /**
   * A handler that was given up for dead still runs when its batch, cut otherwise, is delivered to another.
   */
  | {
      readonly kind: 'twice'
      readonly shard: number
      readonly take: number
      readonly other: number
      readonly crashAt?: number
    }
  /** Every shard has a handler at the same time. */
  | { readonly kind: 'together'; readonly take: number; readonly crashAt?: number }
  | { readonly kind: 'checkpoint' }
  /** Back to the checkpoint's positions; items and markers are each the checkpoint's or a newer one. */
  | { readonly kind: 'restart' }

/**
 * A record that the producer put a second time, `after` records (at least one) later, because it saw no
 * answer.
 */
export type Repeat = { readonly record: number; readonly after: number }

export type Scenario = {
  readonly requests: readonly Request[]
  readonly shards: number
  readonly steps: readonly Step[]
  /** For engines that can tell them; `record` is cut to what there is. */
  readonly repeats: readonly Repeat[]
  readonly sequenceStart: bigint
  readonly seed: number
}

const shard = fc.nat(2)
const take = fc.integer({ min: 1, max: 9 })
const crash = fc.nat(14)
const kind = <K extends string>(name: K) => fc.constant(name)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      { kind: kind('deliver'), shard, take, crashAt: crash },
      { requiredKeys: ['kind', 'shard', 'take'] },
    ),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('bisect'), shard, take, crashAt: crash }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('rewind'), shard, by: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 3,
    arbitrary: fc.record(
      { kind: kind('twice'), shard, take, other: take, crashAt: crash },
      { requiredKeys: ['kind', 'shard', 'take', 'other'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      { kind: kind('together'), take, crashAt: crash },
      { requiredKeys: ['kind', 'take'] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('checkpoint') }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('restart') }) },
)

const repeat = fc.record({ record: fc.nat(40), after: fc.integer({ min: 1, max: 12 }) })

/** Small sequence numbers that grow a digit underway, and numbers as long as Kinesis gives. */
const sequenceStart = fc.constantFrom(
  1n,
  95n,
  49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989n,
)

export function scenarios(draft: fc.Arbitrary<Draft>, shards: number): fc.Arbitrary<Scenario> {
  return fc
    .record({
      requests: requests(draft),
      steps: fc.array(step, { maxLength: 14 }),
      repeats: fc.array(repeat, { maxLength: 5 }),
      sequenceStart,
      seed: fc.nat(),
    })
    .map(parts => ({ ...parts, shards, requests: shards === 1 ? parts.requests : keyedIds(parts.requests) }))
}

/**
 * Consumers of different partitions race for an id that both have, and either may be first: no reference
 * could say which. So with several shards, ids are told apart by what decides the partition.
 */
function keyedIds(requests: readonly Request[]): readonly Request[] {
  return requests.map(({ wait, drafts }) => ({
    wait,
    drafts: drafts.map(draft => ({ ...draft, id: `${draft.id}${partitionKeyOf(draft)}` })),
  }))
}

function partitionKeyOf({ data }: Draft): string {
  const { hoverboard_id, customer_id, id, origin, key, zone } = data
  return JSON.stringify([hoverboard_id, customer_id, id, origin, key, zone]).slice(0, 900)
}
