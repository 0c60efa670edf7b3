import { expect } from 'vitest'
import type { MetricAnswer } from '../../console/data/api.ts'
import { afterEvent } from '../../console/data/following/followed.ts'
import { windowsFrom } from '../../core/data/calendar.ts'
import { createEventReader } from '../../core/follow/server-events.ts'
import { createFollow } from '../../steps/follow/follow.ts'
import { createQueryMetric, type MetricQuery } from '../../steps/query-metric.ts'
import { CLOCK } from '../arbitraries.ts'
import { createRandom } from './faulty-ports.ts'
import type { PlatformCheck } from './platform-check.ts'
import type { PlatformWorld } from './platform-world.ts'

/** What became of the readers of a test. */
export type Told = { compared: number; snapshot: number; change: number; boundary: number; resumed: number }

const READERS = 6
/** Of so many looks one ends the process that readers are connected to. */
const RESTART = 60
/** Of so many looks a reader loses its connection at one, and takes nothing for a while at another. */
const LOSS = 8

/**
 * Readers follow questions by chance through every moment of a scenario, some slow, some cut off, the process
 * restarted now and then. At each look the answer that a reader has made of its events is what a query
 * answers.
 */
export function createFollowCheck(world: PlatformWorld, told: Told, seed: number): PlatformCheck {
  const { declared, batch, views, holds, countedSince, now } = world
  const random = createRandom(seed)
  const chance = (of: number) => random() * of < 1
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!
  const { pipeline } = declared
  const queryMetric = createQueryMetric({
    ...{ pipeline, batchViews: batch, realTimeViews: views, holds, countedSince, now },
    epochLength: CLOCK.epochLength,
    readPast: undefined,
    speedLag: async () => 0,
  })
  let looks = 0
  let processes = 0
  let follow = start()
  const readers = Array.from({ length: READERS }, () => createReader(someQuestion()))

  function start() {
    return createFollow({
      // Worlds change in ways that nobody counts: each look may have another answer.
      changeMark: async () => String(looks),
      ...{ listeners: READERS, process: `p${processes++}`, now: () => performance.now() },
      ...{ pause: async () => undefined, report: () => undefined },
    })
  }

  function someQuestion(): MetricQuery {
    const metric = pick(pipeline.metrics)
    const names = metric.by.map(({ name }) => name)
    const by = random() < 0.5 ? names : names.filter(() => random() < 0.5)
    const order = { by: { kind: 'values', name: pick(metric.measures).name }, isDescending: true } as const
    return {
      ...{ name: metric.name, where: {}, by, window: pick(windowsFrom(metric.window)) },
      layer: pick(['merged', 'merged', 'batch', 'speed'] as const),
      ...(chance(3) && { order: [order] }),
      ...(chance(3) && { limit: 1 + Math.floor(random() * 4) }),
    }
  }

  function createReader(question: MetricQuery) {
    const metric = pipeline.metrics.find(({ name }) => name === question.name)!.id
    const asked = { key: JSON.stringify(question), metric, ask: () => queryMetric(question) }
    let answer: MetricAnswer | undefined
    let lastId: string | undefined
    let isOpen = false
    let isSlow = false
    let ready = () => {}
    let lost = () => {}

    const read = createEventReader(event => {
      answer = afterEvent(answer, event)
      lastId = event.id
      told[event.name as 'change']++
    })
    return {
      question,
      answer: () => answer,
      async connect(): Promise<void> {
        if (isOpen) return
        const attach = await follow.open(asked)
        const before = told.snapshot
        isOpen = true
        isSlow = false
        attach({
          outlet: {
            write: bytes => {
              if (isOpen) read(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString())
              return !isSlow
            },
            onReady: again => {
              ready = again
            },
            onClose: closed => {
              lost = closed
            },
            end: () => {
              isOpen = false
              lost()
            },
            destroy: () => {
              isOpen = false
              lost()
            },
          },
          lastId,
          stillMay: () => undefined,
        })
        if (answer !== undefined && told.snapshot === before) told.resumed++
      },
      slow(): void {
        isSlow = true
      },
      wake(): void {
        isSlow = false
        ready()
      },
      lose(): void {
        isOpen = false
        lost()
      },
    }
  }

  async function look(): Promise<void> {
    looks++
    if (chance(RESTART)) {
      for (const reader of readers) reader.lose()
      follow = start()
    }
    for (const reader of readers) {
      if (chance(LOSS)) reader.lose()
      if (chance(LOSS)) reader.slow()
      await reader.connect()
    }
    await follow.look()
    for (const reader of readers) {
      if (chance(2)) continue
      reader.wake()
      told.compared++
      const fresh = await queryMetric(reader.question)
      expect([reader.question, said(reader.answer())]).toEqual([reader.question, said(fresh)])
    }
  }

  return {
    mergedAnswers: look,
    cells: async () => undefined,
    beginSlowQueries: () => async () => undefined,
    reconciled: () => undefined,
    published: look,
  }
}

/** An answer as a reader of JSON has it, but for the moment at which it was asked. */
function said(answer: object | undefined): unknown {
  const { provenance, ...rest } = JSON.parse(JSON.stringify(answer)) as MetricAnswer
  return { ...rest, provenance: { ...provenance, asOf: '', lagMs: 0 } }
}
