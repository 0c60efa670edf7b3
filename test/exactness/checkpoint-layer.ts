import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { tallyId } from '../../core/cells/tally.ts'
import type { Declared } from '../declared.ts'
import { expectExact } from './compare.ts'
import { type EmbeddedLayer, openEmbeddedLayer } from './embedded-layer.ts'
import { createRandom, faultyPorts } from './faulty-ports.ts'
import type { LoggedRecord } from './received-log.ts'
import { createShards, deliver } from './shard.ts'

export type CheckpointStep =
  | { readonly kind: 'apply'; readonly take: number; readonly crashAt?: number }
  /** A checkpoint, during which events go on being applied unless it is waited for. */
  | { readonly kind: 'save'; readonly wait: boolean }
  /** The process dies some turns later and starts again from what is on disk. */
  | { readonly kind: 'crash'; readonly turns: number }
  /** The batch layer has published every epoch that is applied whole. */
  | { readonly kind: 'drop' }

const kind = <K extends string>(name: K) => fc.constant(name)

export const checkpointSteps: fc.Arbitrary<readonly CheckpointStep[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record(
        { kind: kind('apply'), take: fc.integer({ min: 1, max: 6 }), crashAt: fc.nat(14) },
        { requiredKeys: ['kind', 'take'] },
      ),
    },
    { weight: 4, arbitrary: fc.record({ kind: kind('save'), wait: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ kind: kind('crash'), turns: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('drop') }) },
  ),
  { minLength: 2, maxLength: 14 },
)

/**
 * Plays steps over a log, delivers the rest, crashes once more, and compares what is read with the reference.
 */
export async function playCheckpoints(
  declared: Declared,
  log: readonly LoggedRecord[],
  steps: readonly CheckpointStep[],
  seed: number,
  lanes: number,
): Promise<void> {
  const { pipeline } = declared
  const random = createRandom(seed)
  const consumer = createShards(log, 1)[0]!
  let layer: EmbeddedLayer = await openEmbeddedLayer(pipeline)
  let saving: Promise<void> = Promise.resolve()
  let published: number | undefined

  async function apply(take: number, crashAt?: number): Promise<void> {
    const to = Math.min(consumer.next + take, log.length)
    const attempt = (dies?: number) =>
      deliver(consumer, consumer.next, to, { pipeline, lanes, ...faultyPorts(layer, random, dies) })
    if (!(await attempt(crashAt))) await attempt()
    consumer.next = to
  }

  async function save(): Promise<void> {
    await saving
    saving = layer.save(consumer.next)
  }

  async function crash(turns: number): Promise<void> {
    for (let i = 0; i < turns; i++) await turn()
    const remains = await layer.remains()
    await saving
    await layer.dispose()
    layer = await openEmbeddedLayer(pipeline, remains)
    consumer.next = layer.checkpoint.position ?? 0
  }

  async function drop(): Promise<void> {
    const open = log[consumer.next]?.epoch
    const whole = log.map(({ epoch }) => epoch).filter(epoch => open === undefined || epoch < open)
    if (whole.length === 0) return
    published = Math.max(published ?? -Infinity, ...whole)
    const ids = [...pipeline.metrics.map(({ id }) => id), ...[...pipeline.latest.keys()].map(tallyId)]
    for (const id of ids) await layer.views.drop(id, published)
  }

  try {
    for (const step of steps) {
      if (step.kind === 'apply') await apply(step.take, step.crashAt)
      else if (step.kind === 'drop') await drop()
      else if (step.kind === 'crash') await crash(step.turns)
      else {
        await save()
        if (step.wait) await saving
      }
    }
    await apply(log.length)
    await expectExact(declared, layer.views, log, published)
    await save()
    await saving
    await crash(0)
    await expectExact(declared, layer.views, log, published)
  } finally {
    await saving
    await layer.dispose()
  }
}
