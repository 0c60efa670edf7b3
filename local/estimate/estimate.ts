import { ingestCharges, streamCharges } from './ingest-charges.ts'
import { lakeCharges } from './lake-charges.ts'
import { type Bill, billOf } from './lines.ts'
import { speedCharges } from './speed-charges.ts'
import { eventRate, type Workload } from './workload.ts'

/** The lines of a million events, and what they come to. */
export type Estimate = { readonly lines: Bill['lines']; readonly perMillion: number }

/**
 * What a million events cost on their way through ingest, the stream, the speed layer and into the raw lake.
 * What stands still costs beside it (`standing.ts`), and what each epoch's batch costs (`epoch.ts`), are
 * apart; queries are the caller's.
 */
export function estimate(workload: Workload): Estimate {
  const charges = [ingestCharges, streamCharges, speedCharges, lakeCharges].flatMap(of => of(workload))
  const { lines, dollars } = billOf(charges, 1e6 / eventRate(workload))
  return { lines, perMillion: dollars }
}
