import { resolve } from 'node:path'
import { nearest } from '../../../core/data/nearest.ts'
import type { Contract, Pipeline } from '../../../core/declare/pipeline.ts'
import { TributaryError } from '../../../core/errors.ts'
import { epochLength, readSetting } from '../../../core/setting.ts'
import { loadPipeline } from '../../../drivers/pipeline/folder.ts'
import { estimate } from '../../estimate/estimate.ts'
import { monthly } from '../../estimate/monthly.ts'
import { pricesOf } from '../../estimate/prices.ts'
import { recommend, takes } from '../../estimate/recommend.ts'
import { readStack, type Stack } from '../../estimate/stack.ts'
import type { Flow, Workload } from '../../estimate/workload.ts'
import { readSettings } from '../../settings.ts'
import { type Environment, print } from '../environment.ts'
import { printEstimate } from '../print-estimate.ts'

export type EstimateFlags = {
  readonly rate: readonly string[]
  readonly groups: readonly string[]
  readonly size: string
  readonly batch: string
  readonly freshness: string
  readonly partitions?: string
  readonly dedupe?: string
  readonly epoch: string
  readonly region: string
  readonly stage: string
  readonly pipeline?: string
  readonly json?: boolean
}

/** Groups of a metric for which none are given. */
const USUAL_GROUPS = 1000

/**
 * `tributary estimate`: what a million events cost on AWS, what stands still costs a month, and what each
 * epoch's batch costs, from the declared contracts and metrics and the template of a stage. Without
 * `--partitions` it finds the cheapest count that takes the load.
 */
export async function estimateCost(environment: Environment, flags: EstimateFlags): Promise<void> {
  const folder =
    flags.pipeline === undefined ? readSettings(environment.variables).pipeline : resolve(flags.pipeline)
  const pipeline = await loadPipeline(folder)
  const workload = workloadOf(pipeline, flags, await readStack(flags.stage))
  const advice = recommend(workload)
  const given = flags.partitions === undefined ? undefined : { ...workload, estimate: estimate(workload) }
  const { partitions, freshness, estimate: million } = given ?? advice.best
  const chosen = { partitions, freshness, estimate: million }
  const month = await monthly({ ...workload, partitions }, million, pipeline.schedules)
  const { borrowed } = pricesOf(flags.region)
  if (flags.json)
    return print(environment, JSON.stringify({ chosen, ...month, region: flags.region, borrowed, advice }))
  const isTight = given !== undefined && !takes(workload, given.partitions)
  printEstimate(environment, { workload, chosen, month, advice, isTight, region: flags.region, borrowed })
}

function workloadOf(pipeline: Pipeline, flags: EstimateFlags, stack: Stack): Workload {
  const rates = pairs('--rate', flags.rate)
  const groups = pairs('--groups', flags.groups)
  for (const name of groups.keys()) oneNamed('--groups', name, pipeline.metrics, metric => metric.name)
  return {
    flows: [...rates].map(([name, eventsPerSecond]): Flow => {
      const contract = oneNamed('--rate', name, [...pipeline.latest.values()], ({ type }) => type)
      const metrics = (pipeline.metricsOf.get(contract.type) ?? []).map(metric => ({
        metric,
        groups: metric.by.length === 0 ? 1 : (groups.get(metric.name) ?? USUAL_GROUPS),
      }))
      return { contract, eventsPerSecond, dedupe: dedupeOf(flags.dedupe) ?? contract.dedupe, metrics }
    }),
    eventBytes: number('--size', flags.size),
    batch: number('--batch', flags.batch),
    partitions: number('--partitions', flags.partitions ?? '1'),
    freshness: number('--freshness', flags.freshness),
    epochLength: readSetting({ '--epoch': flags.epoch }, '--epoch', epochLength) ?? 3_600_000,
    prices: pricesOf(flags.region).prices,
    stack,
  }
}

/** `name=number`, several of them. */
function pairs(flag: string, texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    texts.map(text => {
      const at = text.indexOf('=')
      if (at < 1) throw wrong(flag, text, 'a name and a number, such as trip=1000')
      return [text.slice(0, at), number(flag, text.slice(at + 1))]
    }),
  )
}

/** By its whole name, or its last part: `trip` for `com.tributary.trip`. */
function oneNamed<T>(flag: string, name: string, all: readonly T[], nameOf: (one: T) => string): T {
  const found = all.filter(one => nameOf(one) === name || nameOf(one).endsWith(`.${name}`))
  if (found.length === 1) return found[0]!
  const names = all.map(nameOf)
  const near = nearest(name, names)
  throw wrong(flag, name, near === undefined ? `one of ${names.join(', ')}` : near)
}

function number(flag: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value > 0 && value <= 1e9) return value
  throw wrong(flag, text, 'a number above 0')
}

function dedupeOf(text: string | undefined): Contract['dedupe'] | undefined {
  if (text === undefined || text === 'event' || text === 'record') return text
  throw wrong('--dedupe', text, 'event or record')
}

function wrong(flag: string, text: string, right: string): TributaryError {
  return new TributaryError(
    'invalid_setting',
    `${flag} "${text.slice(0, 100)}" is not possible; give ${right}`,
  )
}
