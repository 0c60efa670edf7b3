import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../../figure.ts'
import { answered, type Load } from '../load.ts'
import { type Running, start } from '../process.ts'
import type { Row } from '../row.ts'
import type { OpenStream, StreamSystem } from './system.ts'

/** Where server and load run: a core each, or both on both. */
export type Placement = { readonly name: string; readonly server: string; readonly load: string }

/** Rates offered, events/s; 0: as fast as answers come. */
const RATES = [101_000, 0]
const WARM_UP = { rate: 50_000, warm: 1, seconds: 15, seed: 1 }
const COUNTED = { warm: 5, seconds: 20 }
/** Latency is measured while this much comes in, which every system keeps up with. */
const QUIET = { rate: 10_000, warm: 0, seconds: 14, seed: 9 }

/** Opens a system and measures it under each rate. */
export async function measureStream(open: OpenStream, placement: Placement): Promise<readonly Row[]> {
  const system = await open(placement.server)
  try {
    await answered(system.load({ ...WARM_UP, cores: placement.load }), { ...WARM_UP, cores: placement.load })
    let sent = await caughtUp(system)
    const latency = await latencyFigures(system, placement)
    sent = await caughtUp(system)
    const rows: Row[] = []
    for (const [i, rate] of RATES.entries()) {
      const load = { ...COUNTED, cores: placement.load, rate, seed: 2 + i }
      const { figures, total } = await underLoad(system, load, sent)
      sent += total
      const offered = rate === 0 ? 'as fast as it goes' : `${rate / 1000} k/s offered`
      rows.push({
        suite: 'stream',
        system: system.name,
        configuration: `${system.configuration}; ${placement.name}; ${offered}`,
        figures: { ...figures, ...(i === 0 ? latency : {}) },
        note: system.note,
      })
    }
    return rows
  } finally {
    await system.stop()
  }
}

/**
 * What is accepted and counted per second of the load, then how fast the rest is counted; `before` events
 * were counted before.
 */
async function underLoad(system: StreamSystem, load: Load, before: number) {
  let mostMb = 0
  const watch = setInterval(() => {
    mostMb = Math.max(mostMb, system.rssMb())
  }, 500)
  const take = async () => ({ at: performance.now(), counted: await system.counted() })
  const starts: Promise<{ at: number; counted: number }>[] = []
  const result = await answered(system.load(load), load, () => {
    starts.push(take())
  })
  const last = await take()
  const first = await starts[0]!
  const backlog = before + result.total - last.counted
  await caughtUp(system)
  const drained = performance.now()
  clearInterval(watch)
  const applied = ((last.counted - first.counted) / (last.at - first.at)) * 1000
  // With less than a second's work left there is nothing to time.
  const drains = backlog > applied ? (backlog / (drained - SETTLED_MS - last.at)) * 1000 : '–'
  const figures = {
    'accepted/s': result.perSecond,
    'applied/s': applied,
    'drains/s': drains,
    'memory MB': mostMb,
    'requests refused': result.refusedRequests,
  }
  return { figures, total: result.total }
}

/** After this long without a change, everything is counted. */
const SETTLED_MS = 3000

/** Waits until counts change no more; how many there are. */
async function caughtUp(system: StreamSystem): Promise<number> {
  const end = performance.now() + 180_000
  let counted = await system.counted()
  for (let since = performance.now(); performance.now() - since < SETTLED_MS; ) {
    if (performance.now() > end) throw new Error(`${system.name} did not catch up within 3 minutes`)
    await sleep(50)
    const now = await system.counted()
    if (now !== counted) [counted, since] = [now, performance.now()]
  }
  return counted
}

async function latencyFigures(system: StreamSystem, { load }: Placement) {
  const running: Running = start(system.load({ ...QUIET, cores: load }), { cores: load })
  await sleep(3000)
  const latencies = await system.latencies(QUIET.seconds - 4)
  await running.ended(60_000)
  return Object.fromEntries(
    Object.entries(latencies).flatMap(([what, times]) =>
      [0.5, 0.99].map(q => [`${what} p${q * 100} ms`, quantile(times, q)]),
    ),
  )
}
