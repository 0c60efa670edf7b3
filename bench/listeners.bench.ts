/**
 * What readers of streams cost those who send: answer times of ingest without and with them, in turn, in the
 * same run, and what the platform's processor time is.
 *
 * `node bench/listeners.bench.ts [--listeners 1000] [--questions 1] [--path /v1/…] [--rate 10000]
 * [--seconds 12] [--rounds 3] [--json]`
 *
 * `--path`: what all of them read, in place of cells of a metric; `/v1/events/stream` is the tail of events.
 */
import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { median } from './figure.ts'
import { startPlatformProcess } from './platform-process.ts'
import { openListeners } from './suites/listeners.ts'
import { sendTrips } from './suites/trip-loads.ts'

const { values } = parseArgs({
  options: {
    listeners: { type: 'string', default: '1000' },
    questions: { type: 'string', default: '1' },
    path: { type: 'string' },
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '12' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})
const platform = await startPlatformProcess({ TRIBUTARY_LISTENERS: '5000' })
const [listeners, questions] = [Number(values.listeners), Number(values.questions)]
/** 24 windows of one group; every board is another question. */
const paths = Array.from(
  { length: listeners },
  (_, i) => values.path ?? `/v1/metrics/trips_hourly/stream?where.hoverboard_id=${i % questions}`,
)

let seed = 1
async function round(isListenedTo: boolean) {
  const open = isListenedTo ? await openListeners(platform, paths) : undefined
  const [heard, cpu] = [await open?.heard(), cpuSeconds(platform.pid)]
  const load = { rate: Number(values.rate), seconds: Number(values.seconds), hours: 24, seed: seed++ }
  const { p50, p99, acceptedEvents } = await sendTrips(platform, load)
  const [after, cpuAfter] = [await open?.heard(), cpuSeconds(platform.pid)]
  await open?.close()
  const events = (after?.events ?? 0) - (heard?.events ?? 0)
  return { p50: p50!, p99: p99!, acceptedEvents, events, cpu: cpuAfter - cpu }
}

/** Of the whole process, from Linux. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

await sendTrips(platform, {
  rate: Number(values.rate),
  seconds: Math.min(5, Number(values.seconds)),
  hours: 24,
  seed: 99,
})
const without = []
const withThem = []
for (let i = 0; i < Number(values.rounds); i++) {
  without.push(await round(false))
  withThem.push(await round(true))
}
await platform.stop()
platform.dispose()

const of = (rounds: readonly Awaited<ReturnType<typeof round>>[], name: 'p50' | 'p99' | 'cpu' | 'events') =>
  Math.round(median(rounds.map(one => one[name])) * 100) / 100
const result = {
  ...{ listeners, questions, rate: Number(values.rate), rounds: without.length },
  ...{ p50: [of(without, 'p50'), of(withThem, 'p50')], p99: [of(without, 'p99'), of(withThem, 'p99')] },
  cpu: [of(without, 'cpu'), of(withThem, 'cpu')],
  ...{ eventsToldARound: of(withThem, 'events'), load: loadavg()[0]! },
}
process.stdout.write(
  values.json
    ? `${JSON.stringify(result)}\n`
    : `${listeners} listeners of ${questions} questions, ${values.rate} events/s: ingest p99 ${result.p99[0]} ms without them, ${result.p99[1]} ms with them; p50 ${result.p50.join(' and ')} ms; ${result.cpu.join(' and ')} s of processor a round of ${values.seconds} s; ${result.eventsToldARound} events told a round; load ${result.load.toFixed(1)}\n`,
)
