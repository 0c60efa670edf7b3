import { resolve } from 'node:path'
import { nearest } from '../../core/data/nearest.ts'
import type { Contract, Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import { epochLength, readSetting } from '../../core/setting.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { type Estimate, estimate } from '../estimate/estimate.ts'
import { PRICES_AS_OF } from '../estimate/prices.ts'
import { type Option, recommend, takes } from '../estimate/recommend.ts'
import { eventRate, type Flow, type Workload } from '../estimate/workload.ts'
import { readSettings } from '../settings.ts'
import { type Environment, print, printLines, printTable } from './environment.ts'

export type EstimateFlags = {
  readonly rate: readonly string[]
  readonly groups: readonly string[]
  readonly size: string
  readonly batch: string
  readonly freshness: string
  readonly partitions?: string
  readonly dedupe?: string
  readonly epoch: string
  readonly pipeline?: string
  readonly json?: boolean
}

/** Groups of a metric for which none are given. */
const USUAL_GROUPS = 1000

/**
 * `tributary estimate`: what a million events cost on AWS, from the declared contracts and metrics. Without
 * `--partitions` it finds the cheapest count that takes the load.
 */
export async function estimateCost(environment: Environment, flags: EstimateFlags): Promise<void> {
  const folder =
    flags.pipeline === undefined ? readSettings(environment.variables).pipeline : resolve(flags.pipeline)
  const workload = workloadOf(await loadPipeline(folder), flags)
  const advice = recommend(workload)
  const given = flags.partitions === undefined ? undefined : { ...workload, estimate: estimate(workload) }
  const chosen: Option = given ?? advice.best
  if (flags.json) return print(environment, JSON.stringify({ chosen, advice }))
  printCosts(environment, workload, chosen)
  if (given !== undefined && !takes(workload, given.partitions))
    printLines(environment, '\nThese partitions leave too little room for peaks of this load; choose more.')
  printAdvice(environment, advice)
}

function printCosts(
  environment: Environment,
  workload: Workload,
  { partitions, freshness, estimate }: Option,
): void {
  const { batch, eventBytes } = workload
  printLines(
    environment,
    `${eventRate(workload)} events/s of ${eventBytes} bytes in requests of ${batch}, ${partitions} partitions, fresh within ${freshness} s\n`,
  )
  printTable(environment, [
    ['part', 'item', 'a million events', 'US$'],
    ...estimate.lines.map(({ part, item, quantity, dollars }) => [part, item, quantity, dollars.toFixed(4)]),
    ['all', '', '', estimate.perMillion.toFixed(4)],
  ])
  const month = (estimate.perMillion * eventRate(workload) * 86_400 * 30) / 1e6
  printLines(environment, `\n${perMillion(estimate)}, $${month.toFixed(0)} a month of 30 days at this rate.`)
  print(
    environment,
    `List prices of us-east-1, ${PRICES_AS_OF}, without free tiers; batch runs, queries and the warehouse come on top.`,
  )
}

function printAdvice(
  environment: Environment,
  { best, byPartitions, byFreshness }: ReturnType<typeof recommend>,
): void {
  printLines(environment, `\nRecommended: ${best.partitions} partitions (${perMillion(best.estimate)}).`)
  print(environment, `Partitions: ${listed(byPartitions, option => `${option.partitions}`)}`)
  print(environment, `Freshness:  ${listed(byFreshness, option => `${option.freshness} s`)}`)
}

function listed(options: readonly Option[], name: (option: Option) => string): string {
  return options.map(option => `${name(option)} $${option.estimate.perMillion.toFixed(2)}`).join(', ')
}

function perMillion({ perMillion }: Estimate): string {
  return `$${perMillion.toFixed(2)} a million events`
}

function workloadOf(pipeline: Pipeline, flags: EstimateFlags): Workload {
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
