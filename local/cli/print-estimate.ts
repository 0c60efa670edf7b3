import type { Estimate } from '../estimate/estimate.ts'
import type { CostLine } from '../estimate/lines.ts'
import type { Monthly } from '../estimate/monthly.ts'
import { PRICES_AS_OF } from '../estimate/price-table.ts'
import { type PriceName, REFERENCE } from '../estimate/prices.ts'
import type { Option, Recommendation } from '../estimate/recommend.ts'
import { eventRate, type Workload } from '../estimate/workload.ts'
import { type Environment, print, printLines, printTable } from './environment.ts'

/** Everything that an estimate says. */
export type Estimated = {
  readonly workload: Workload
  readonly chosen: Option
  readonly month: Monthly
  readonly advice: Recommendation
  /** The given partitions leave too little room for peaks. */
  readonly isTight: boolean
  readonly region: string
  readonly borrowed: readonly PriceName[]
}

/** Prints an estimate: three tables, what they come to, where the prices are from, and what is cheapest. */
export function printEstimate(environment: Environment, estimated: Estimated): void {
  const { chosen, month, isTight, advice, workload } = estimated
  printMillion(environment, workload, chosen)
  printLines(environment, '\nWithout traffic, a month')
  printBill(environment, 'a month', month.standing.lines, month.standing.dollars)
  const length = `${workload.epochLength / 60_000} minutes`
  printLines(environment, `\nThe batch of an epoch of ${length}, ${month.epochs.toFixed(0)} a month`)
  printBill(environment, 'an epoch', month.epoch.lines, month.epoch.dollars)
  printMonth(environment, estimated)
  if (isTight)
    printLines(environment, '\nThese partitions leave too little room for peaks of this load; choose more.')
  printAdvice(environment, advice)
}

function printMillion(
  environment: Environment,
  workload: Workload,
  { partitions, freshness, estimate }: Option,
) {
  const { batch, eventBytes } = workload
  printLines(
    environment,
    `${eventRate(workload)} events/s of ${eventBytes} bytes in requests of ${batch}, ${partitions} partitions, fresh within ${freshness} s\n`,
  )
  printBill(environment, 'a million events', estimate.lines, estimate.perMillion)
}

function printBill(
  environment: Environment,
  unit: string,
  lines: readonly CostLine[],
  dollars: number,
): void {
  printTable(environment, [
    ['part', 'item', unit, 'US$'],
    ...lines.map(line => [line.part, line.item, line.quantity, line.dollars.toFixed(4)]),
    ['all', '', '', dollars.toFixed(4)],
  ])
}

function printMonth(environment: Environment, { chosen, month, region, borrowed }: Estimated): void {
  const { months, standing, backfills } = month
  const money = (dollars: number) => `$${dollars.toFixed(0)}`
  printLines(
    environment,
    `\n${perMillion(chosen.estimate)}. A month of 30 days at this rate: ${money(months.traffic)} for events, ${money(months.batches)} for batches` +
      ` (of it ${money(backfills.dollars)} for ${backfills.epochs.toFixed(0)} epochs that schedules compute again), ${money(standing.dollars)} standing still: ${money(months.all)}.`,
  )
  print(
    environment,
    `List prices of ${region}, ${PRICES_AS_OF}, without free tiers; queries, Athena, Spark clusters and data sent out come on top.`,
  )
  if (borrowed.length > 0)
    print(environment, `Not known for ${region} and taken from ${REFERENCE}: ${borrowed.join(', ')}.`)
}

function printAdvice(environment: Environment, { best, byPartitions, byFreshness }: Recommendation): void {
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
