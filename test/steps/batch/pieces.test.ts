import Type from 'typebox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tallyId } from '../../../core/cells/tally.ts'
import { formatInstant } from '../../../core/data/time.ts'
import { defineContract } from '../../../core/declare/contract.ts'
import { count } from '../../../core/declare/measures.ts'
import { defineMetric } from '../../../core/declare/metric.ts'
import { createCommit } from '../../../steps/batch/commit.ts'
import { pieceOf } from '../../../steps/batch/limits.ts'
import { createPlan, type PlanResult } from '../../../steps/batch/plan.ts'
import { createPlanBackfill } from '../../../steps/batch/plan-backfill.ts'
import { createListComparisons } from '../../../steps/batch/reconcile/list-comparisons.ts'
import { createWorld, EPOCH, iso, pipelineOf, T0, type World } from './batch-kit.ts'
import { portsOf } from './batch-run.ts'

/** An epoch with more types than the state of a run holds; plan and commit are what is about it. */

const COUNT = 130
/** Bytes (AWS Step Functions quotas). */
const STATE_LIMIT = 262_144
const names = Array.from({ length: COUNT }, (_, i) => `com.example.fulfilment.order_line_changed_${i}`)
const pipeline = pipelineOf(
  names.map((type, i) =>
    defineMetric({ name: `changed_${i}`, type, window: 'hour', by: ['page'], measures: { n: count() } }),
  ),
  names.map(type =>
    defineContract({ type, version: 1, partitionBy: ['page'], data: Type.Object({ page: Type.String() }) }),
  ),
)

/** In the order of the pipeline. */
const inOrder = [...pipeline.latest.keys()]

let world: World
beforeEach(async () => {
  world = await createWorld(pipeline)
  for (const i of [0, 1])
    await world.send(
      T0 + i * EPOCH,
      names.map(type => ({ type, id: `${i}-${type}`, time: iso(T0), data: { page: '/' } })),
    )
  world.clock = T0 + 2 * EPOCH
})
afterEach(() => world.dispose())

const ports = () => portsOf(world, pipeline)
const published = async (epoch: number) => {
  const boundaries = await Promise.all(inOrder.map(type => world.batch.boundary(tallyId(type))))
  return inOrder.filter((_, i) => (boundaries[i]?.epoch ?? 0) >= epoch)
}
const work = (planned: PlanResult) => {
  if (planned.status !== 'work') throw new Error('no work')
  return planned
}

/** The turns of a batch run, of plan and commit alone. */
async function run(id = 'run-1'): Promise<readonly PlanResult[]> {
  const turns: PlanResult[] = []
  let spent = 0
  for (let turn = 0; ; turn++) {
    const planned = await createPlan(ports())({ turn, run: id, spent })
    turns.push(planned)
    if (planned.status === 'done') return turns
    spent = planned.spent
    await createCommit(ports())({ ...planned, run: id })
  }
}

describe('an epoch with more types than a turn takes', () => {
  test('is done in several turns, each type once, and none is passed over in between', async () => {
    const first = work(await createPlan(ports())({ turn: 0, run: 'run-1' }))
    expect([first.types.length, first.metrics.length, first.isPart]).toEqual([50, 50, true])
    expect(JSON.stringify(first).length).toBeLessThan(40_000)
    await createCommit(ports())({ ...first, run: 'run-1' })
    expect(await published(T0)).toEqual(first.types.map(({ type }) => type))
    const turns = (await run()).filter(turn => turn.status === 'work').map(work)
    const rest = turns.filter(({ epoch }) => epoch === T0).flatMap(({ types }) => types)
    expect([...first.types, ...rest].map(({ type }) => type)).toEqual(inOrder)
    expect(turns.filter(({ epoch }) => epoch === T0 + EPOCH).map(({ isPart }) => isPart)).toEqual([
      true,
      true,
      false,
    ])
    expect(await published(T0 + EPOCH)).toEqual(inOrder)
  })

  test('lists a comparison for each, and leaves a run half of its state where they all fail', async () => {
    const turn = work(await createPlan(ports())({ turn: 0, run: 'run-1' }))
    const counts = { raw: 1, curated: 1, duplicates: 0, redelivered: 0, objects: 1 }
    const refined = turn.types.map(({ type }) => ({ type, ...counts }))
    const { items, notCompared } = await createListComparisons(ports())({ ...turn, refined })
    const metrics = turn.metrics.map(({ metric }) => metric)
    expect(items.map(({ id }) => id)).toEqual([...turn.types.map(({ type }) => tallyId(type)), ...metrics])
    const aggregated = turn.byType!.map(each => each.metrics.map(({ metric }) => ({ metric })))
    const state = { plan: { work: turn }, refined, aggregated, reconciled: { items, notCompared } }
    const cause = { errorType: 'storage_failed', errorMessage: 'x'.repeat(500), trace: [] }
    const failure = { Error: 'storage_failed', Cause: JSON.stringify(cause) }
    const failed = items.map(({ id }) => ({ id, failure }))
    for (const reconciled of [state.reconciled, { items: failed, notCompared }])
      expect(JSON.stringify({ ...state, reconciled }).length).toBeLessThan(STATE_LIMIT / 2)
  })

  test('is computed again in several turns, and goes on in another run where the history is full', async () => {
    await run()
    const plan = createPlanBackfill(ports())
    const range = { from: formatInstant(T0), to: formatInstant(T0 + EPOCH) }
    const seen: string[] = []
    const take = async (planned: PlanResult) => {
      const done = work(planned)
      seen.push(...done.types.map(({ type }) => type))
      await createCommit(ports())({ ...done, run: 'backfill' })
      return { last: done.epoch, after: done.isPart === true ? done.types.at(-1)!.type : undefined }
    }
    let at = await take(await plan({ turn: 0, run: 'backfill', range, last: undefined }))
    at = await take(await plan({ turn: 1, run: 'backfill', range, ...at }))
    const full = await plan({ turn: 2, run: 'backfill', range, spent: 17_999, ...at })
    expect(full).toMatchObject({ status: 'done', more: true, range, after: inOrder[99] })
    await take(await plan({ turn: 0, run: 'next', range: full.range, last: undefined, after: full.after }))
    expect(seen).toEqual(inOrder)
  })

  test('whose runs follow each other at once come to an end, and leave out what was prepared once', async () => {
    const plan = createPlan(ports())
    const full = { turn: 1, run: 'run-1', spent: 17_999 }
    const first = await plan({ ...full, input: { late: 'leave', scripts: ['s3://a'] } })
    expect(first).toMatchObject({ more: true, goesOn: true, next: { late: 'leave', continued: 1 } })
    expect(first).not.toHaveProperty('next.scripts')
    expect(await plan({ ...full, input: { continued: 23 } })).toMatchObject({ more: true, goesOn: false })
  })
})

test('a type is not taken apart from its metrics, also where it has more of them than a turn takes', () => {
  const many = pipelineOf(
    Array.from({ length: 120 }, (_, i) =>
      defineMetric({ name: `many_${i}`, type: names[0]!, window: 'hour', measures: { n: count() } }),
    ),
    [
      defineContract({
        ...{ type: names[0]!, version: 1, partitionBy: ['page'] },
        data: Type.Object({ page: Type.String() }),
      }),
    ],
  )
  const metrics = many.metrics.map(({ id }) => ({ metric: id, epoch: T0, mode: 'append' as const }))
  const piece = pieceOf(many, { types: [{ type: names[0]!, epoch: T0 }], metrics })
  expect([piece.types.length, piece.metrics.length, piece.isPart]).toEqual([1, 120, false])
})
