import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { loadDeclared, SAMPLE } from '../../declared.ts'
import { type Alarm, stateOf } from '../../deploy/alarm-state.ts'
import type { Run } from '../ministack/api.ts'
import { startDeployed } from '../ministack/emulated.ts'
import { makeLoad, type Sent } from '../ministack/events.ts'
import { openOperator } from '../ministack/operator.ts'
import { differences, referenceOf } from '../ministack/reference.ts'
import { until } from '../ministack/until.ts'

/** A stage on the emulator, with somebody who has docs/operations.md and a shell. */
export type DrillStage = Awaited<ReturnType<typeof openDrillStage>>

const PATIENCE_MS = 240_000
const RUN_MS = 420_000
const MINUTE = 60_000
/**
 * How long after its end an epoch is closed, and its raw data due: a minute, and the buffer of the delivery,
 * which is a second here. Batches leave out what is younger.
 */
const CLOSES_MS = MINUTE + 1_000
/** For the clocks of two processes. */
const MARGIN_MS = 4_000
/** Of the mapping `Epochs` and the parameters that the stage is deployed with. */
const VALUES = { Freshness: 0, Concurrency: 1000, Late: 7_380_000 }

/** Values of metrics since a condition was brought about, by name; null: none came. */
export type Values = Readonly<Record<string, number | null>>

/** Events for a stage, and which of them have been sent. Two stages may have one, one after the other. */
export function openSource() {
  const load = makeLoad(2000, 11)
  return {
    unsent: load.events.filter((_, index) => !load.wrong.has(index)),
    sent: [] as Sent[],
    /** When the last of them was accepted, ms since 1970: it is of this epoch, or of one before. */
    acceptedAt: 0,
  }
}

export async function openDrillStage(
  python: string,
  aws: { readonly bin: string },
  source = openSource(),
  parameters?: Readonly<Record<string, string>>,
) {
  const platform = await startDeployed(python, parameters)
  const { api, resources, stack } = platform
  const { unsent, sent } = source
  const operator = await openOperator(platform.emulator, platform, aws, {
    '<mapping>': resources['SpeedMapping']!,
  })
  const declared = await loadDeclared(SAMPLE)
  const template = JSON.parse(platform.template) as Template
  const alarms = Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => Properties as Alarm)

  /** @throws where a command fails */
  async function run(command: string): Promise<string> {
    const { code, printed } = await operator.run(command)
    expect(code, `${command}\n${printed}`).toBe(0)
    return printed
  }

  /** What an alarm says where metrics have these values, and go on having them. */
  function stateAt(name: string, values: Values): 'ALARM' | 'OK' {
    const alarm = alarms.find(({ AlarmName }) => AlarmName === `${stack}-${name}`)
    if (alarm === undefined) throw new Error(`the template has no alarm ${name}`)
    const lasting = Object.entries(values).map(([metric, value]) => [
      metric,
      Array<number | null>(alarm.EvaluationPeriods).fill(value),
    ])
    return stateOf(alarm, Object.fromEntries(lasting), VALUES)
  }

  /** Metrics that a function wrote since an instant: sums of what CloudWatch would extract from its log. */
  async function written(name: string, since: number): Promise<Values> {
    const group = `/aws/lambda/${stack}-${name}`
    const printed = await run(`aws logs filter-log-events --log-group-name ${group} --start-time ${since}`)
    const { events } = JSON.parse(printed) as { events: { message: string }[] }
    const sums: Record<string, number> = {}
    for (const { message } of events)
      for (const [metric, value] of metricsIn(message, since)) sums[metric] = (sums[metric] ?? 0) + value
    return sums
  }

  async function ended(id: string): Promise<Run> {
    for (const end = Date.now() + RUN_MS; Date.now() < end; await pause(1000)) {
      const found = await api.get<Run>(`/v1/runs/${id}`).catch(() => undefined)
      if (found !== undefined && found.status !== 'running') return found
    }
    throw new Error(`run ${id} has not ended within ${RUN_MS} ms`)
  }

  return {
    ...{ platform, operator, run, stateAt, written, ended },
    /** What a metric is called in tables and lake. */
    idOf: (name: string) => declared.pipeline.metrics.find(metric => metric.name === name)!.id,
    /** Starts a run by the command of a page, and waits until it has ended. */
    async runMachine(command: string): Promise<Run> {
      const id = /started ([\w-]+)/.exec(await run(command))?.[1]
      return ended(id!)
    },
    /** Sends further events, all of them accepted. */
    async send(count: number): Promise<void> {
      const events = unsent.splice(0, count)
      expect((await api.sendBatch(events)).accepted).toBe(events.length)
      sent.push(...events)
      source.acceptedAt = Date.now()
    },
    /** Waits until a layer answers what a straight computation over all that was sent does. */
    isExact: (layer: 'speed' | 'batch' | 'merged') =>
      until(`${layer} is exact`, PATIENCE_MS, async () => {
        const reference = referenceOf(declared, sent)
        expect(await differences(reference, metric => api.rows(metric, layer))).toEqual([])
      }),
    /** What a layer answers about every metric. */
    async answers(layer: 'batch' | 'merged') {
      const names = declared.metrics.map(({ name }) => name)
      const rows = await Promise.all(names.map(name => api.rows(name, layer)))
      return Object.fromEntries(names.map((name, i) => [name, rows[i]]))
    },
    /** Waits until the epoch of what was sent last is closed, and this minute over. */
    async epochCloses(): Promise<void> {
      const now = Date.now()
      const isClosed = endOfMinute(source.acceptedAt) + CLOSES_MS
      await pause(Math.max(isClosed, endOfMinute(now)) + MARGIN_MS - now)
    },
    async close() {
      await operator.close()
      await platform.stop()
    },
  }
}

const endOfMinute = (instant: number) => instant - (instant % MINUTE) + MINUTE

type Template = {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: unknown }>>
}

/** Metrics of a line in CloudWatch's embedded metric format; of other lines none. */
function metricsIn(line: string, since: number): readonly (readonly [string, number])[] {
  if (!line.includes('"_aws"')) return []
  const written = JSON.parse(line) as { readonly _aws: Emf } & Readonly<Record<string, number | number[]>>
  if (written._aws.Timestamp < since) return []
  return written._aws.CloudWatchMetrics.flatMap(({ Metrics }) =>
    Metrics.map(({ Name }) => [Name, [written[Name] ?? 0].flat().reduce((a, b) => a + b, 0)] as const),
  )
}
type Emf = {
  readonly Timestamp: number
  readonly CloudWatchMetrics: readonly { readonly Metrics: readonly { readonly Name: string }[] }[]
}
