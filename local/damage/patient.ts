import type { Pipeline } from '../../core/declare/pipeline.ts'
import type { EmbeddedPaths } from '../../drivers/compose/embedded.ts'
import type { DeliveryState } from '../../drivers/raw/delivery-state.ts'
import type { LedgerState } from '../../drivers/stream/log/ledger-file.ts'
import type { Findings } from './finding.ts'
import type { Repairs } from './repairs.ts'

/** The data folder that doctor works on, as far as it is known to be right. */
export type Patient = {
  /** Absolute path of the data folder. */
  readonly data: string
  readonly paths: EmbeddedPaths
  readonly pipeline: Pipeline
  /** ms. */
  readonly epochLength: number
  /** Epochs in which an event's id is remembered. */
  readonly horizon: number
  /** Stream workers that the next start will have. */
  readonly lanes: number
  /** Go on without acknowledged events that no layer has any more. */
  readonly acceptLoss: boolean
  readonly findings: Findings
  readonly repairs: Repairs
}

/** What the log and raw delivery come to once they are repaired. */
export type Stream = {
  /** Where the log ends. */
  readonly end: number
  readonly delivery: DeliveryState
  readonly ledger: LedgerState
  /** The real-time views must be made anew: the log was begun anew. */
  readonly isNew: boolean
}
