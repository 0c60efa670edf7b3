import { setTimeout } from 'node:timers/promises'
import { TributaryError } from '../../../core/errors.ts'
import { isObject } from '../../../core/json/is-object.ts'
import { type Batch, batchesOf } from '../batches.ts'
import { type Client, type Connection, connect } from '../client.ts'
import { type Environment, print, printError, Unsuccessful } from '../environment.ts'
import { FLIGHTS, flightEvents } from '../flights.ts'
import { startProgress } from '../progress.ts'
import { type RejectedLine, sendBatches } from '../sending.ts'
import { wholeNumber } from './send.ts'

export type DemoFlags = Connection & {
  readonly limit?: string
  /** Events per second; as fast as the platform takes them where not given. */
  readonly speed?: string
  readonly connections?: string
}

/** How long the end of a run waits for the speed layer to have counted everything. */
const CATCH_UP_MS = 60_000

/** `tributary demo`: streams real flights through the platform, and shows what it made of them. */
export async function demo(environment: Environment, flags: DemoFlags): Promise<void> {
  const limit = wholeNumber('--limit', flags.limit ?? String(FLIGHTS), FLIGHTS)
  const speed = flags.speed === undefined ? undefined : wholeNumber('--speed', flags.speed, 10_000_000)
  const client = await connect(environment, flags)
  const before = { speed: await speedTotals(client), flights: await totalFlights(client) }
  const progress = startProgress(environment, limit)
  let firstRejected: RejectedLine | undefined
  const { tally, failure } = await sendBatches(
    client,
    paced(batchesOf(flightEvents(limit)), speed, environment.signal),
    {
      gzip: false,
      connections: wholeNumber('--connections', flags.connections ?? '4', 64),
      signal: environment.signal,
      onProgress: progress.update,
      onRejected: rejected => {
        firstRejected ??= rejected
      },
      onAnswer: () => undefined,
      onWait: progress.wait,
    },
  ).finally(progress.stop)
  if (failure !== undefined) throw failure
  const after = await caughtUp(client, before.speed, tally.accepted, environment.signal)
  const summary = {
    ...tally,
    duplicates:
      after === undefined || before.speed === undefined ? null : after.duplicates - before.speed.duplicates,
    caughtUp: after?.isComplete === true,
    flightsBefore: before.flights,
    flightsAfter: environment.signal.aborted ? null : await totalFlights(client),
  }
  if (flags.json) print(environment, JSON.stringify(summary))
  else printSummary(environment, summary)
  if (firstRejected !== undefined) {
    const { index, code, detail } = firstRejected
    printError(environment, `first rejected: row ${index}: ${code}: ${detail}`)
  }
  if (tally.rejected > 0 || environment.signal.aborted) throw new Unsuccessful()
}

type Summary = {
  readonly sent: number
  readonly accepted: number
  readonly rejected: number
  readonly duplicates: number | null
  readonly caughtUp: boolean
  readonly flightsBefore: number
  /** Null after Ctrl-C. */
  readonly flightsAfter: number | null
}

function printSummary(environment: Environment, summary: Summary): void {
  const { sent, accepted, rejected, duplicates, caughtUp, flightsBefore, flightsAfter } = summary
  const number = (value: number) => value.toLocaleString('en')
  const known = duplicates === null ? 'an unknown number' : number(duplicates)
  print(environment, `${number(sent)} sent, ${number(accepted)} accepted, ${number(rejected)} rejected`)
  print(environment, `${known} of them were duplicates: an id counts once, however often it is sent`)
  const end = flightsAfter === null ? 'unknown' : number(flightsAfter)
  print(environment, `flights_daily: ${number(flightsBefore)} flights before, ${end} after`)
  if (!caughtUp) printError(environment, 'the speed layer has not caught up yet; the numbers still move')
}

/**
 * Lets batches through at so many events a second. Batches are handed out one after another, whoever asks.
 */
async function* paced(
  batches: AsyncIterable<Batch>,
  speed: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const started = performance.now()
  for await (const batch of batches) {
    const early = speed === undefined ? 0 : (batch.first / speed) * 1000 - (performance.now() - started)
    if (early > 0) await setTimeout(early, undefined, { signal })
    yield batch
  }
}

type SpeedTotals = { readonly counted: number; readonly duplicates: number }

/** Totals of the speed layer since it started; undefined where the platform does not tell. */
async function speedTotals(client: Client): Promise<SpeedTotals | undefined> {
  const { status, body } = await client.send('GET', '/v1/health')
  if (status !== 200)
    throw new TributaryError('unavailable', `${client.url} is not ready; try again in a moment`)
  const parts = isObject(body) && isObject(body['parts']) ? body['parts'] : {}
  const speed = parts['speed']
  if (!isObject(speed)) return undefined
  return { counted: Number(speed['counted'] ?? 0), duplicates: Number(speed['duplicates'] ?? 0) }
}

async function caughtUp(
  client: Client,
  before: SpeedTotals | undefined,
  accepted: number,
  signal: AbortSignal,
): Promise<(SpeedTotals & { isComplete: boolean }) | undefined> {
  if (before === undefined || signal.aborted) return undefined
  const wanted = before.counted + before.duplicates + accepted
  const deadline = performance.now() + CATCH_UP_MS
  for (;;) {
    const now = await speedTotals(client)
    if (now === undefined) return undefined
    const isComplete = now.counted + now.duplicates >= wanted
    if (isComplete || performance.now() > deadline) return { ...now, isComplete }
    await setTimeout(250, undefined, { signal })
  }
}

async function totalFlights(client: Client): Promise<number> {
  const answer = await client.call('GET /v1/metrics/{name}', {
    path: ['flights_daily'],
    query: [
      ['window', 'day'],
      ['by', ''],
    ],
  })
  return answer.rows.reduce((sum, row) => sum + Number(row.values['flights'] ?? 0), 0)
}
