import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../bench/platform-process.ts'
import type { MetricAnswer } from '../../console/data/api.ts'
import { afterEvent } from '../../console/data/following/followed.ts'
import { createEventReader } from '../../core/follow/server-events.ts'
import { SAMPLE } from '../declared.ts'
import { createRandom } from '../exactness/faulty-ports.ts'
import { createSender } from './sender.ts'

/** FOLLOW_KILLS: how often the process is killed, in `npm run soak`; FOLLOW_SEED repeats a report's. */
const KILLS = Number(process.env['FOLLOW_KILLS'] ?? 0)
const SEED = Number(process.env['FOLLOW_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const SETTINGS = {
  TRIBUTARY_PIPELINE: SAMPLE,
  TRIBUTARY_EPOCH: '2s',
  TRIBUTARY_DEDUPE_HORIZON: '10000',
  TRIBUTARY_LOG_LEVEL: 'fatal',
}
const QUESTIONS = [
  'trips_hourly?by=',
  'flights_daily?by=origin&order=-flights&limit=2',
  'routes_hourly?window=day&where.origin=LAX&where.origin=SFO',
  'flights_daily?layer=batch',
  'trips_hourly?layer=speed&by=&window=day',
]

let platform: PlatformProcess
afterAll(async () => {
  await platform?.stop('SIGKILL')
  platform?.dispose()
})

/** Reads a question's events until it is told to stop, and connects again whenever it has to. */
function follow(question: string) {
  const [name, query] = question.split('?')
  const state = { answer: undefined as MetricAnswer | undefined, events: [] as string[], connections: 0 }
  const ending = new AbortController()
  let lastId: string | undefined
  const read = async () => {
    const answer = await fetch(`http://127.0.0.1:${platform.port}/v1/metrics/${name}/stream?${query}`, {
      headers: {
        authorization: `Bearer ${platform.key}`,
        ...(lastId !== undefined && { 'last-event-id': lastId }),
      },
      signal: ending.signal,
    })
    if (!answer.ok) throw new Error(`${question}: ${answer.status} ${await answer.text()}`)
    state.connections++
    const tell = createEventReader(event => {
      state.answer = afterEvent(state.answer, event)
      state.events.push(event.name)
      lastId = event.id
    })
    for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) tell(text)
  }
  const done = (async () => {
    while (!ending.signal.aborted) {
      await read().catch(() => undefined)
      await sleep(100)
    }
  })()
  return {
    question,
    state,
    stop() {
      ending.abort()
      return done
    },
  }
}

const said = ({ provenance, ...rest }: MetricAnswer) => ({
  ...rest,
  provenance: { ...provenance, asOf: '', lagMs: 0 },
})

/** Once nothing comes in, both are the same. */
async function settled({ question, state }: ReturnType<typeof follow>): Promise<void> {
  const until = Date.now() + 15_000
  for (;;) {
    const fresh = said(await platform.get<MetricAnswer>(`/v1/metrics/${question}`))
    const own = state.answer && said(state.answer)
    if (JSON.stringify(own) === JSON.stringify(fresh)) return
    if (Date.now() > until) expect([question, own]).toEqual([question, fresh])
    await sleep(100)
  }
}

test(
  'readers have what a query answers, live and after runs, kills and restarts',
  async () => {
    process.stdout.write(`follow with FOLLOW_SEED=${SEED}\n`)
    const random = createRandom(SEED)
    const sender = createSender(random)
    platform = await startPlatformProcess(SETTINGS)
    const readers = QUESTIONS.map(follow)
    for (let kill = 0; kill <= KILLS; kill++) {
      const moment = sleep(700 + random() * 1500)
      const sent = sender.sendTo(platform, moment)
      await moment
      if (kill < KILLS) await platform.stop('SIGKILL')
      await sent
      if (kill < KILLS) platform = await startPlatformProcess(SETTINGS, platform.data)
      // Of many kills some strike platforms that have caught up, and some strike one that has not.
      if (kill < KILLS && random() < 0.3) for (const reader of readers) await settled(reader)
    }
    await sender.settle(platform)
    for (const reader of readers) await settled(reader)
    const told = () => new Set(readers.flatMap(({ state }) => state.events))
    for (let i = 0; i < 100 && !told().has('boundary'); i++) await sleep(100)
    const stopping = performance.now()
    await platform.stop()
    expect(performance.now() - stopping).toBeLessThan(9000)
    await Promise.all(readers.map(reader => reader.stop()))
    expect(told()).toEqual(new Set(['snapshot', 'change', 'boundary', 'end']))
    for (const { state } of readers) expect(state.connections).toBeGreaterThan(KILLS)
  },
  60_000 + KILLS * 40_000,
)
