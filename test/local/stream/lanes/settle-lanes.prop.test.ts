import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { metricShapes } from '../../../../core/declare/metric-kinds.ts'
import { embeddedPaths, openLaneEngines, openMarkers } from '../../../../drivers/compose/embedded.ts'
import type { LogEntry } from '../../../../drivers/stream/log/entry.ts'
import { type Log, openLog } from '../../../../drivers/stream/log/log.ts'
import { openLogReader } from '../../../../drivers/stream/log/reader.ts'
import { committedEnd, logStart } from '../../../../drivers/stream/log/shared.ts'
import { keysOf } from '../../../../drivers/views/memory/keys.ts'
import { claimAhead } from '../../../../local/stream/lanes/claims-ahead.ts'
import { combinedViews } from '../../../../local/stream/lanes/combined-views.ts'
import { publishedClaims } from '../../../../local/stream/lanes/published-claims.ts'
import { settleLanes } from '../../../../local/stream/lanes/settle-lanes.ts'
import { decodedRecord } from '../../../../local/stream/pump-event.ts'
import { createApplySpeed, type SpeedRecord } from '../../../../steps/apply-speed.ts'
import { CLOCK, requests, sampleDraft } from '../../../arbitraries.ts'
import { loadDeclared, SAMPLE } from '../../../declared.ts'
import { expectExact } from '../../../exactness/compare.ts'
import { createReceiver, type LoggedRecord } from '../../../exactness/received-log.ts'

const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const declared = await loadDeclared(SAMPLE)
const { pipeline } = declared
const receive = createReceiver(declared)
const options = { epochLength: CLOCK.epochLength, dedupeHorizon: CLOCK.horizon }

/** What happens between two starts with different numbers of lanes. */
type Stage = {
  readonly lanes: number
  /**
   * Records that come in, and how many of its own each lane applies of all there are; then it is saved, or
   * not.
   */
  readonly received: number
  readonly applied: readonly number[]
  readonly saves: readonly boolean[]
}

const stage: fc.Arbitrary<Stage> = fc.record({
  lanes: fc.constantFrom(1, 2, 4),
  received: fc.integer({ min: 0, max: 20 }),
  applied: fc.array(fc.nat(12), { minLength: 4, maxLength: 4 }),
  saves: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
})

test('a changed number of lanes loses nothing and counts nothing twice, wherever the lanes stood when the process ended', async () => {
  const property = fc.asyncProperty(
    requests(sampleDraft),
    fc.array(stage, { minLength: 2, maxLength: 4 }),
    async (sent, stages) => {
      const data = mkdtempSync(join(PLACE, 'lanes-'))
      try {
        await play(data, await receive(sent, 95n), stages)
      } finally {
        rmSync(data, { recursive: true, force: true })
      }
    },
  )
  await fc.assert(property, { numRuns: 25 })
}, 120_000)

async function play(data: string, log: readonly LoggedRecord[], stages: readonly Stage[]): Promise<void> {
  const dir = embeddedPaths(data).log
  const stream = await openLog({
    dir,
    epochLength: CLOCK.epochLength,
    minFreeBytes: 0,
    now: () => CLOCK.start,
  })
  try {
    await playOn(stream, data, log, stages)
  } finally {
    await stream.close()
  }
}

async function playOn(
  stream: Log,
  data: string,
  log: readonly LoggedRecord[],
  stages: readonly Stage[],
): Promise<void> {
  const paths = embeddedPaths(data)
  let received = 0
  const last: Stage = { lanes: 2, received: log.length, applied: [999, 999, 999, 999], saves: [] }
  for (const stage of [...stages, last]) {
    const { lanes, applied, saves } = stage
    const next = log.slice(received, received + stage.received)
    if (next.length > 0)
      expect((await stream.stream.put(next)).every(({ kind }) => kind === 'stored')).toBe(true)
    received += next.length
    const markers = await openMarkers(paths, options)
    await settleLanes(
      {
        ...{ paths, pipeline, shared: stream.shared, markers, deadLetters: { put: unexpected } },
        ...{ report: fail, progress: () => undefined },
      },
      lanes,
    )
    const engines = Array.from({ length: lanes }, (_, lane) => openLaneEngines(paths, pipeline, lane, lanes))
    const positions = engines.map(({ checkpoint }) => checkpoint.position ?? logStart(stream.shared))
    const entries = entriesOf(paths.log, stream.shared)
    const claims = publishedClaims()
    const open = entries.filter(({ sequence }) => Number(sequence) >= Math.min(...positions))
    if (open.length > 0) await claimAhead(pipeline, markers, claims.take)(open)
    const end = committedEnd(stream.shared)
    const reach = engines.map((_, lane) => {
      const own = open.filter(
        each => each.partition % lanes === lane && Number(each.sequence) >= positions[lane]!,
      )
      const done = own.slice(0, applied[lane])
      return { done, position: Number(own[done.length]?.sequence ?? end) }
    })
    for (const [lane, { views }] of engines.entries())
      await createApplySpeed({ pipeline, markers: claims, views, lanes })(reach[lane]!.done)
    if (stage === last) await expectAll(engines, log)
    await markers.checkpoint()
    for (const [lane, { checkpoint }] of engines.entries())
      if (saves[lane]) await checkpoint.save(reach[lane]!.position)
    for (const { close } of engines) await close()
    await markers.close()
  }
}

function entriesOf(dir: string, shared: Parameters<typeof committedEnd>[0]): readonly SpeedRecord[] {
  const reader = openLogReader(dir, shared)
  const records: SpeedRecord[] = []
  for (let at = logStart(shared); at < committedEnd(shared); ) {
    const entries: LogEntry[] = reader.read(at, 1 << 20)
    records.push(...entries.map(decodedRecord))
    at = entries.at(-1)!.next
  }
  reader.close()
  return records
}

async function expectAll(
  engines: readonly ReturnType<typeof openLaneEngines>[],
  log: readonly LoggedRecord[],
): Promise<void> {
  const lanes = engines.map(({ views }) => ({
    ...views,
    keys: async (metric: string, epoch: number) => keysOf(views.index, metric, epoch),
  }))
  const views = { ...combinedViews(lanes, metricShapes(pipeline)), read: async () => [] }
  await expectExact(declared, views, log)
}

async function unexpected(): Promise<never> {
  throw new Error('nothing is given up')
}

function fail(failure: Error): never {
  throw failure
}
