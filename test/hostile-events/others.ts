import { setTimeout as sleep } from 'node:timers/promises'
import type { Sent } from '../language/answers.ts'
import type { WholePlatform } from '../language/whole-platform.ts'
import { ORDINARY } from './contracts.ts'

/** How late this process itself may be, ms, for what it measures to be the platform's. */
const OWN_LATENESS = 100

/**
 * Sends small events, asks for health and for a metric, over and over, until it is stopped: the longest wait
 * for an answer, and the events that were taken.
 */
export function askMeanwhile(platform: WholePlatform) {
  const { type } = ORDINARY.declaration
  const ordinary: Sent[] = []
  let isOver = false
  let longest = 0
  const watch = watchOwnLateness()
  const once = async (i: number) => {
    const event = {
      specversion: '1.0',
      id: `o${i}`,
      source: '/ordinary',
      type,
      time: '2020-03-01T10:00:00Z',
      data: { who: `w${i % 3}`, n: i },
    }
    const begun = performance.now()
    const [sent, health, metric] = await Promise.all([
      platform.send(JSON.stringify(event), 'application/cloudevents+json'),
      platform.read('/v1/health'),
      platform.read(`/v1/metrics/${ORDINARY.metric.name}`),
    ])
    const waited = performance.now() - begun
    if (watch.latest(waited) < OWN_LATENESS) longest = Math.max(longest, waited)
    if (sent.status !== 202 || health.status !== 200 || metric.status !== 200)
      throw new Error(`others are answered ${sent.status}, ${health.status}, ${metric.status}`)
    ordinary.push(event)
  }
  const all = (async () => {
    for (let i = 0; !isOver; i++) {
      await once(i)
      await sleep(20)
    }
  })()
  // Told when it is stopped.
  all.catch(() => undefined)
  return {
    async stop() {
      isOver = true
      watch.stop()
      await all
      return { longest, ordinary }
    },
  }
}

/** How late this process was, at most, in the last so many ms. */
function watchOwnLateness() {
  const seen: { at: number; late: number }[] = []
  let due = performance.now() + 10
  const timer = setInterval(() => {
    const now = performance.now()
    seen.push({ at: now, late: now - due })
    if (seen.length > 2000) seen.shift()
    due = now + 10
  }, 10)
  return {
    latest(ms: number): number {
      const since = performance.now() - ms
      const now = performance.now()
      return Math.max(now - due, ...seen.filter(({ at }) => at >= since).map(({ late }) => late))
    },
    stop: () => clearInterval(timer),
  }
}
