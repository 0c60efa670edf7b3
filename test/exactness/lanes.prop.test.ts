import fc from 'fast-check'
import { describe, test } from 'vitest'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import type { RealTimeViews } from '../../core/ports/views.ts'
import { keysOf } from '../../drivers/views/memory/keys.ts'
import { createMemoryViews, type MemoryViews } from '../../drivers/views/memory/memory.ts'
import { claimAhead } from '../../local/stream/lanes/claims-ahead.ts'
import { combinedViews, type LaneViews } from '../../local/stream/lanes/combined-views.ts'
import { publishedClaims } from '../../local/stream/lanes/published-claims.ts'
import { createApplySpeed } from '../../steps/apply-speed.ts'
import { CLOCK, hostileDraft, requests, sampleDraft } from '../arbitraries.ts'
import { HOSTILE, loadDeclared, SAMPLE } from '../declared.ts'
import { expectAnswersExact, expectExact } from './compare.ts'
import { mappedMarkers } from './mapped-markers.ts'
import { createReceiver, type LoggedRecord } from './received-log.ts'

type Step =
  /** Claims go ahead by so many records of the whole log; or records come again to them. */
  | { readonly kind: 'claim'; readonly take: number; readonly again: boolean }
  /** A lane is given its next records, and the same ones again where it is not heard to have applied them. */
  | { readonly kind: 'apply'; readonly lane: number; readonly take: number; readonly times: number }

const take = fc.integer({ min: 1, max: 6 })
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('claim' as const), take, again: fc.boolean() }),
    fc.record({
      ...{ kind: fc.constant('apply' as const), lane: fc.nat(3), take },
      times: fc.integer({ min: 1, max: 2 }),
    }),
  ),
  { maxLength: 24 },
)

describe.each([
  { name: 'the sample pipeline', folder: SAMPLE, draft: sampleDraft },
  { name: 'a hostile pipeline', folder: HOSTILE, draft: hostileDraft },
])('lanes of one machine over $name', async ({ folder, draft }) => {
  const declared = await loadDeclared(folder)
  const receive = createReceiver(declared)

  test.each([2, 3, 4])(
    '%i of them equal the reference, also where one id comes in several partitions',
    async count => {
      const property = fc.asyncProperty(requests(draft), steps, async (sent, played) => {
        const log = await receive(sent, 95n)
        const views = await playLanes(declared.pipeline, log, played, count)
        await expectExact(declared, views, log)
        await expectAnswersExact(declared, views, log)
      })
      await fc.assert(property, { numRuns: 150 })
    },
    60_000,
  )
})

async function playLanes(
  pipeline: Pipeline,
  log: readonly LoggedRecord[],
  played: readonly Step[],
  count: number,
): Promise<RealTimeViews> {
  const shapes = metricShapes(pipeline)
  const lanes = Array.from({ length: count }, (_, lane) => {
    const views = createMemoryViews(shapes)
    const claims = publishedClaims()
    const apply = createApplySpeed({ pipeline, markers: claims, views, lanes: count })
    const records = log.filter(({ partition }) => partition % count === lane)
    return { views, claims, apply, records, next: 0, work: Promise.resolve() }
  })
  const claim = claimAhead(pipeline, mappedMarkers(CLOCK.horizon * CLOCK.epochLength), judged => {
    for (const { claims } of lanes) claims.take(judged)
  })
  let claimed = 0

  const claimNext = async (records: number, again: boolean) => {
    const batch = log.slice(claimed, claimed + records)
    for (let i = 0; i < (again ? 2 : 1); i++) if (batch.length > 0) await claim(batch)
    claimed += batch.length
  }
  const applyNext = (lane: (typeof lanes)[number], records: number, times: number) => {
    const batch = lane.records.slice(lane.next, lane.next + records)
    lane.next += batch.length
    const after = lane.records[lane.next]?.sequence
    // It waits for its claims; other lanes and the claims go on meanwhile.
    lane.work = lane.work.then(async () => {
      for (let i = 0; i < times; i++) if (batch.length > 0) await lane.apply(batch)
      lane.claims.forget(after === undefined ? 0 : Number(after))
    })
  }

  for (const step of played) {
    if (step.kind === 'claim') await claimNext(step.take, step.again)
    else applyNext(lanes[step.lane % count]!, step.take, step.times)
  }
  for (const lane of lanes) applyNext(lane, log.length, 1)
  await claimNext(log.length, false)
  await Promise.all(lanes.map(({ work }) => work))
  return {
    ...combinedViews(
      lanes.map(({ views }) => laneViews(views)),
      shapes,
    ),
    read: async () => [],
  }
}

function laneViews(views: MemoryViews): LaneViews {
  return { ...views, keys: async (metric, epoch) => keysOf(views.index, metric, epoch) }
}
