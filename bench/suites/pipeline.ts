import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Figure, median, type Suite } from '../figure.ts'
import { startPlatformProcess } from '../platform-process.ts'
import { sendTrips } from './trip-loads.ts'

/**
 * What is promised, and what is sent: a little more, so that the load's own pauses do not decide. BENCH_RATE
 * sends another rate.
 */
const PROMISED = 100_000
const RATE = Number(process.env['BENCH_RATE'] ?? 101_000)
const SECONDS = 60
/** Events of the log that is caught up with. */
const BACKLOG = 600_000

type Health = {
  readonly parts: {
    readonly speed: { readonly counted: number; readonly lagMs: number }
    readonly ingest: { readonly refusing: string | null; readonly lagBytes: number }
  }
}
type Sample = {
  readonly at: number
  readonly lagMs: number
  readonly rssMb: number
  readonly counted: number
}

/**
 * The whole platform under a steady load: ingest, speed layer with three metrics and dedupe, raw delivery,
 * batches.
 */
export const pipeline: Suite = async () => {
  const platform = await startPlatformProcess({})
  const samples: Sample[] = []
  const refusals = new Set<string>()
  const sample = async (at: number) => {
    const { parts } = await platform.get<Health>('/v1/health')
    if (parts.ingest.refusing !== null) refusals.add(parts.ingest.refusing)
    samples.push({ at, lagMs: parts.speed.lagMs, rssMb: platform.rssMb(), counted: parts.speed.counted })
  }
  try {
    // Compiles what runs hot, as a server that has been up for a while has.
    await sendTrips(platform, { rate: 50_000, seconds: 5, seed: 1 })
    await sleep(2000)
    const sampling: Promise<void>[] = []
    const report = await sendTrips(platform, { rate: RATE, seconds: SECONDS, seed: 2 }, ({ at, last }) => {
      if (!last) sampling.push(sample(at))
    })
    await Promise.all(sampling)
    const rate = report.acceptedEvents / (report.at / 1000)
    const third = (from: number, to: number, pick: (sample: Sample) => number) =>
      median(samples.filter(({ at }) => at >= from * 1000 && at < to * 1000).map(pick))
    const [lagEarly, lagLate] = [third(10, 30, s => s.lagMs), third(40, 60, s => s.lagMs)]
    const [rssEarly, rssLate] = [third(10, 30, s => s.rssMb), third(40, 60, s => s.rssMb)]
    const rssMax = Math.max(...samples.map(s => s.rssMb))
    const [first, end] = [samples[9]!, samples.at(-1)!]
    const applied = ((end.counted - first.counted) / (end.at - first.at)) * 1000
    return [
      {
        name: 'whole pipeline, accepted',
        value: rate,
        unit: 'events/s',
        target: { text: `≥ 100,000 for ${SECONDS} s`, reached: rate >= PROMISED },
        note: `${report.refusedRequests} requests refused ${[...refusals].join(', ')}; answers p50 ${report.p50?.toFixed(1)} ms, p99 ${report.p99?.toFixed(1)} ms`,
      },
      {
        name: 'whole pipeline, applied by the speed layer',
        value: applied,
        unit: 'events/s',
        target: { text: 'all that is accepted', reached: applied >= 0.98 * rate },
      },
      {
        name: 'consumer lag, last third',
        value: lagLate,
        unit: 'ms',
        target: { text: 'flat', reached: lagLate <= Math.max(250, 1.5 * lagEarly) },
        note: `first third ${lagEarly.toFixed(0)} ms`,
      },
      {
        name: 'RSS, maximum',
        value: rssMax,
        unit: 'MB',
        target: { text: '≤ 1 GB and flat', reached: rssMax <= 1000 && rssLate <= 1.1 * rssEarly },
        note: `medians: first third ${rssEarly.toFixed(0)}, last third ${rssLate.toFixed(0)}`,
      },
      await drain(),
    ]
  } finally {
    await platform.stop()
    platform.dispose()
  }
}

/** The speed layer by itself, one lane, over a log that lies ready. */
async function drain(): Promise<Figure> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    // The nursery that the lanes' threads have.
    ['--max-semi-space-size=32', join(import.meta.dirname, 'drain.ts'), String(BACKLOG), '1'],
    { timeout: 300_000 },
  )
  const { rate, microseconds } = JSON.parse(stdout) as { rate: number; microseconds: number }
  return {
    name: 'backlog applied by one lane, nothing coming in',
    value: rate,
    unit: 'events/s',
    note: `${microseconds.toFixed(1)} µs of processor time an event, raw delivery among it`,
  }
}
