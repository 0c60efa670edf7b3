import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import type { RealTimeViews } from '../../core/ports/views.ts'
import { createDynamodbMarkers } from '../../drivers/markers/dynamodb/dynamodb.ts'
import type { Layout } from '../../drivers/views/dynamodb-real-time/layout.ts'
import { createDynamodbRealTimeViews } from '../../drivers/views/dynamodb-real-time/views.ts'
import type { SpeedPorts } from '../../steps/apply-speed.ts'
import { CLOCK } from '../arbitraries.ts'
import { type Fault, injectFaults } from '../engines/dynamodb/faults.ts'
import type { Dynamodb } from '../engines/dynamodb.ts'
import { Crash } from './faulty-ports.ts'

/** What happens to one handler: at its `crashAt`-th request it dies, before the request or after it. */
export type Fate = { readonly crashAt: number | undefined; requests: number; dead: boolean }

/** An emulator may delete what has expired by its own clock; the scenarios' epochs lie in the past. */
const LAG_MS = 40 * 365 * 86_400_000

/**
 * Containers of different deployments may disagree about the layout: the first to write to an epoch decides.
 */
const LAYOUTS: readonly Layout[] = [
  { packTo: 1024, groups: 1000, spread: 1 },
  { packTo: 300, groups: 1000, spread: 2 },
  { packTo: 1024, groups: 2, spread: 1 },
  { packTo: 1024, groups: 1, spread: 2 },
]

/** Share of the requests of a handler that meet with a fault. */
const FAULTS: readonly (readonly [Fault, number])[] = [
  ['throttle', 0.03],
  ['failure', 0.01],
  ['lost', 0.04],
  ['partial', 0.04],
]

/** Share of the requests that come late, so that handlers overtake one another, and by how much at most. */
const LATE = 0.3
const LATE_MS = 25

const fates = new AsyncLocalStorage<{ readonly fate: Fate; readonly random: () => number }>()

/** Runs a handler under its fate; outside, requests meet with no fault. */
export function underFate<T>(fate: Fate, random: () => number, work: () => Promise<T>): Promise<T> {
  return fates.run({ fate, random }, work)
}

export function faultyClient(dynamodb: Dynamodb): DynamoDBClient {
  const client = dynamodb.newClient()
  injectFaults(client, async () => {
    const store = fates.getStore()
    if (store === undefined) return undefined
    const { fate, random } = store
    if (random() < LATE) await sleep(random() * LATE_MS)
    if (fate.dead) throw new Crash()
    if (fate.requests++ === fate.crashAt) {
      fate.dead = true
      if (random() < 0.5) throw new Crash()
      return 'lost'
    }
    return drawn(random())
  })
  return client
}

function drawn(at: number): Fault | undefined {
  let sum = 0
  return FAULTS.find(([, share]) => {
    sum += share
    return at < sum
  })?.[0]
}

/** A container's ports: instances of the drivers with what they remember. */
export type Container = Pick<SpeedPorts, 'markers' | 'pipeline'> & { readonly views: RealTimeViews }

/** Opens containers on tables of their own. */
export async function openContainers(
  dynamodb: Dynamodb,
  client: DynamoDBClient,
  pipeline: Pipeline,
): Promise<(random: () => number) => Container> {
  const [views, markers] = [await dynamodb.createTable('real-time'), await dynamodb.createTable('markers')]
  const { horizon, epochLength } = CLOCK
  const shapes = metricShapes(pipeline)
  return random => {
    const layout = LAYOUTS[Math.floor(random() * LAYOUTS.length)]!
    return {
      pipeline,
      markers: createDynamodbMarkers({ client, table: markers, horizon, epochLength, lagMs: LAG_MS }),
      views: createDynamodbRealTimeViews({ client, table: views, shapes, layoutOf: () => layout }),
    }
  }
}
