import fc from 'fast-check'
import { type Draft, type Request, requests } from '../arbitraries.ts'

/** What goes on beside the batch layer. Every number of records is cut to what there is. */
export type Event =
  /** Ingest acknowledges the next records. */
  | { readonly kind: 'receive'; readonly take: number }
  /** The speed layer applies acknowledged records; a handler that crashes gets them again. */
  | { readonly kind: 'apply'; readonly take: number; readonly crashAt?: number }
  /** Applied records are delivered to the speed layer again. */
  | { readonly kind: 'redeliver'; readonly back: number; readonly take: number }
  /** Acknowledged records reach the raw lake as one file a type and epoch, or as two with the same lines. */
  | { readonly kind: 'deliverRaw'; readonly take: number; readonly twice: boolean }
  | { readonly kind: 'pass'; readonly seconds: number }

/** A machine run. `cutAt`: it dies at this change of lake or views, before or after the effect. */
type Run = { readonly cutAt?: number; readonly meanwhile: readonly Event[] }

export type Action =
  | Event
  | ({
      readonly kind: 'batch'
      /** The speed layer stands still, so that the run publishes without waiting for it any longer. */
      readonly stalled: boolean
    } & Run)
  /** Recomputes the epochs from one to another, by their place among all epochs. */
  | ({ readonly kind: 'backfill'; readonly from: number; readonly length: number } & Run)
  /** Rebuilds the real-time views; where it is cut off, it is run again. */
  | { readonly kind: 'replay'; readonly cutAt?: number }

export type PlatformScenario = {
  readonly requests: readonly Request[]
  readonly actions: readonly Action[]
  /** What happens once everything is published. */
  readonly afterwards: readonly Action[]
  /** Which metrics are declared, by their place among those of the types that have events; undefined: all. */
  readonly metrics: readonly number[] | undefined
  readonly seed: number
  /** Lanes that the partitions are spread over. */
  readonly lanes: number
}

const take = fc.integer({ min: 1, max: 9 })
const kind = <K extends string>(name: K) => fc.constant(name)

const redeliver = fc.record({ kind: kind('redeliver'), back: fc.integer({ min: 1, max: 12 }), take })

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: kind('receive'), take }) },
  {
    weight: 4,
    arbitrary: fc.record(
      { kind: kind('apply'), take, crashAt: fc.nat(14) },
      { requiredKeys: ['kind', 'take'] },
    ),
  },
  { weight: 1, arbitrary: redeliver },
  { weight: 2, arbitrary: fc.record({ kind: kind('deliverRaw'), take, twice: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('pass'), seconds: fc.nat(200) }) },
)

const cutAt = fc.nat(40)
const meanwhile = fc.array(event, { maxLength: 6 })

const backfill = fc.record(
  { kind: kind('backfill'), from: fc.nat(2), length: fc.integer({ min: 1, max: 2 }), cutAt, meanwhile },
  { requiredKeys: ['kind', 'from', 'length', 'meanwhile'] },
)

const replay = fc.record({ kind: kind('replay'), cutAt: fc.nat(12) }, { requiredKeys: ['kind'] })

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: kind('receive'), take: fc.integer({ min: 1, max: 25 }) }) },
  { weight: 4, arbitrary: event },
  {
    weight: 5,
    arbitrary: fc.record(
      { kind: kind('batch'), stalled: fc.nat(9).map(n => n === 9), cutAt, meanwhile },
      { requiredKeys: ['kind', 'stalled', 'meanwhile'] },
    ),
  },
  { weight: 1, arbitrary: backfill },
  { weight: 1, arbitrary: replay },
)

/**
 * Streams of one event type each, and now and then of several; one or two metrics, and now and then all: what
 * a batch run costs is its queries, a few a type, metric and epoch.
 */
export function platformScenarios(drafts: readonly fc.Arbitrary<Draft>[]): fc.Arbitrary<PlatformScenario> {
  const of = (draft: fc.Arbitrary<Draft>) =>
    fc.record({
      requests: requests(draft, 5),
      actions: fc.array(action, { maxLength: 7 }),
      afterwards: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(fc.oneof(redeliver, backfill, replay), { maxLength: 3 }) },
      ),
      metrics: fc.option(fc.array(fc.nat(3), { minLength: 1, maxLength: 2 }), { freq: 3, nil: undefined }),
      seed: fc.nat(),
      lanes: fc.constantFrom(1, 2, 4),
    })
  return fc.oneof(...drafts.map(draft => ({ weight: 2, arbitrary: of(draft) })), {
    weight: 1,
    arbitrary: of(fc.oneof(...drafts)),
  })
}
