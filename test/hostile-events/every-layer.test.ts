import { expect, test } from 'vitest'
import { everyLayerAgrees } from '../language/agreement.ts'
import type { Sent } from '../language/answers.ts'
import { startWholePlatform } from '../language/whole-platform.ts'
import { DEEP, EACH_KIND, ORDINARY, WIDE } from './contracts.ts'
import { hostileEvents } from './events.ts'
import { askMeanwhile } from './others.ts'
import { sendHostile } from './sending.ts'

/** The whole of it is 2,000 (docs/exactness.md). */
const EVENTS = Number(process.env['HOSTILE'] ?? 200)
const SEED = Number(process.env['SEED'] ?? 1)

/** Longest time anybody else may wait for an answer, ms. */
const LONGEST_WAIT = 1000

test('hostile events reach every layer as they were sent or are rejected, and nobody else waits for them', async () => {
  const contracts = [EACH_KIND, DEEP, WIDE, ORDINARY]
  const platform = await startWholePlatform({
    contracts: contracts.map(({ declaration }) => declaration),
    metrics: contracts.map(({ metric }) => metric),
  })
  try {
    const events = hostileEvents(EVENTS, SEED)
    const others = askMeanwhile(platform)
    const hostile = await sendHostile(platform, events)
    const { longest, ordinary } = await others.stop()
    const sent = contracts.map(({ declaration: { type } }) =>
      [...hostile.accepted, ...ordinary].filter((one: Sent) => one.type === type),
    )
    const differences: string[] = []
    await everyLayerAgrees({
      platform,
      contracts,
      sent,
      note: text => void differences.push(text.slice(0, 400)),
    })
    console.info(
      `${hostile.accepted.length} of ${EVENTS} accepted, ${ordinary.length} of others; longest wait ${Math.round(longest)} ms`,
    )
    expect({
      odd: hostile.odd,
      failures: await platform.failures(),
      differences: differences.slice(0, 20),
    }).toEqual({
      ...{ odd: [], failures: [], differences: [] },
    })
    expect(longest).toBeLessThan(LONGEST_WAIT)
    expect(hostile.accepted.length).toBeGreaterThan(EVENTS / 5)
    expect(ordinary.length).toBeGreaterThan(0)
  } finally {
    await platform.end()
  }
}, 500_000)
