import { parseDuration } from '../../core/data/epoch.ts'
import type { ScheduleDeclaration } from '../../core/declare/schedule.ts'
import { compileCron } from '../batch/compile-cron.ts'
import { epochBill, recomputedBill } from './epoch.ts'
import type { Estimate } from './estimate.ts'
import { type Bill, sum } from './lines.ts'
import { standing } from './standing.ts'
import { eventRate, type Workload } from './workload.ts'

const MONTH_DAYS = 30
const MONTH_MS = MONTH_DAYS * 86_400_000
/** Whole weeks, so that a weekly schedule comes out as often as it is. */
const COUNTED_MS = 364 * 86_400_000
const COUNTED_FROM = Date.UTC(2026, 0, 5)

/** The parts of an estimate beside a million events, and what all of it comes to in a month of 30 days. */
export type Monthly = {
  /** A month without traffic. */
  readonly standing: Bill
  /** The batch of one epoch, and how many epochs a month has. */
  readonly epoch: Bill
  readonly epochs: number
  /** Epochs that schedules compute again in a month, and what that costs. */
  readonly backfills: { readonly epochs: number; readonly dollars: number }
  readonly months: { readonly traffic: number; readonly batches: number; readonly all: number }
}

/** Puts the parts of an estimate together for a month. */
export async function monthly(
  workload: Workload,
  { perMillion }: Estimate,
  schedules: readonly ScheduleDeclaration[],
): Promise<Monthly> {
  const bill = standing(workload.stack, workload.prices)
  const epoch = await epochBill(workload)
  const epochs = MONTH_MS / workload.epochLength
  const again = epochsAgain(schedules, workload.epochLength)
  const backfills = { epochs: again, dollars: again * recomputedBill(workload).dollars }
  const traffic = (perMillion * eventRate(workload) * MONTH_MS) / 1000 / 1e6
  const batches = epoch.dollars * epochs + backfills.dollars
  return {
    ...{ standing: bill, epoch, epochs, backfills },
    months: { traffic, batches, all: bill.dollars + traffic + batches },
  }
}

/** Epochs that scheduled backfills compute again in a month. */
function epochsAgain(schedules: readonly ScheduleDeclaration[], epochLength: number): number {
  return sum(schedules, ({ name, machine, when, input }) => {
    if (machine !== 'backfill' || when === 'epoch-close') return 0
    const reach = parseDuration(String(input?.['last'] ?? '')) ?? 0
    return (reach / epochLength) * runsOfMonth(name, when.cron)
  })
}

function runsOfMonth(name: string, cron: string): number {
  const until = COUNTED_FROM + COUNTED_MS
  let runs = 0
  let at = compileCron(name, cron).nextRun(new Date(COUNTED_FROM))
  while (at !== null && at.getTime() < until) {
    runs++
    at = compileCron(name, cron).nextRun(at)
  }
  return (runs * MONTH_MS) / COUNTED_MS
}
