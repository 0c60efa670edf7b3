import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type { Context } from 'aws-lambda'
import type { EndpointAnswer } from './endpoint.ts'
import { CONTEXT, ingestEvent, type Mapping, speedEvents } from './invocations.ts'
import type { Meter, TakenRecord } from './meter.ts'
import { tripRequests } from './trips.ts'

/**
 * A process that is given the environment of the functions and calls their bundles as Lambda would: a number
 * of batching windows, each ingested and then applied by speed. Windows after the first are what is measured:
 * by then the code is compiled.
 */
export type Workload = Mapping & {
  readonly bundles: { readonly ingest: string; readonly speed: string }
  readonly windows: number
  readonly requests: number
  readonly perRequest: number
  readonly bytes: number
  readonly boards: number
}

/** What the measured windows came to: CPU in ms, and the bill's meters before, between and after. */
export type WorkloadResult = {
  readonly events: number
  readonly invocations: { readonly ingest: number; readonly speed: number }
  readonly cpu: { readonly ingest: number; readonly speed: number }
  readonly steps: readonly {
    readonly of: 'ingest' | 'speed'
    readonly before: Meter
    readonly after: Meter
  }[]
}

type Call = (event: unknown, context: Context) => Promise<unknown>

/** Requests that a container takes one after the other: Lambda never gives it two at a time. */
process.once('message', (workload: Workload) => {
  run(workload).then(
    result => process.send!(result),
    (error: Error) => {
      process.stderr.write(`${error.stack}\n`)
      process.exit(1)
    },
  )
})

async function run(workload: Workload): Promise<WorkloadResult> {
  const { windows, requests, perRequest, bundles } = workload
  const ingest = await handlerOf(bundles.ingest)
  const speed = await handlerOf(bundles.speed)
  const cpu = { ingest: 0, speed: 0 }
  const invocations = { ingest: 0, speed: 0 }
  const steps: WorkloadResult['steps'][number][] = []
  let taken = 0
  for (let window = 0; window < windows; window++) {
    const bodies = tripRequests({ ...workload, until: Date.now() }).map(ingestEvent)
    const start = await endpoint()
    const ingestMs = await cpuOf(ingest, bodies, ({ statusCode }) => statusCode === 202)
    const between = await endpoint()
    const batches = speedEvents(between.records.slice(taken) as TakenRecord[], workload, Date.now())
    taken = between.records.length
    const speedMs = await cpuOf(speed, batches, ({ batchItemFailures }) => batchItemFailures?.length === 0)
    const end = await endpoint()
    if (window === 0) continue
    cpu.ingest += ingestMs
    cpu.speed += speedMs
    invocations.ingest += bodies.length
    invocations.speed += batches.length
    steps.push({ of: 'ingest', before: start.meter, after: between.meter })
    steps.push({ of: 'speed', before: between.meter, after: end.meter })
  }
  return { events: (windows - 1) * requests * perRequest, invocations, cpu, steps }
}

async function handlerOf(file: string): Promise<Call> {
  return ((await import(pathToFileURL(file).href)) as { handler: Call }).handler
}

type Answer = { readonly statusCode?: number; readonly batchItemFailures?: readonly unknown[] }

async function cpuOf(
  call: Call,
  events: readonly unknown[],
  isRight: (answer: Answer) => boolean,
): Promise<number> {
  const before = process.cpuUsage()
  for (const event of events) {
    const answer = (await call(event, CONTEXT)) as Answer
    if (!isRight(answer)) throw new Error(`a function answered ${JSON.stringify(answer).slice(0, 300)}`)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** What the endpoint has seen: the process that started both passes the question on. */
function endpoint(): Promise<EndpointAnswer> {
  return new Promise(resolve => {
    process.once('message', resolve as (message: unknown) => void)
    process.send!('endpoint')
  })
}
