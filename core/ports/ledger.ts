/** How many events of each type an epoch holds, by the stream's own count. */
export type EpochLedger = {
  readonly epoch: number
  /** Event type → events acknowledged. */
  readonly accepted: Readonly<Record<string, number>>
  /** True once no further event can enter the epoch. */
  readonly closed: boolean
  /** True once the raw lake holds every event of the epoch. */
  readonly rawComplete: boolean
  /** True once the speed layer has applied every event of the epoch. */
  readonly speedComplete: boolean
}

/**
 * What ingest acknowledged, epoch by epoch: the first number of every reconciliation, independent of both layers.
 */
export type Ledger = {
  /** Epochs that hold events, oldest first, with `closed` as of now. `after` leaves out epochs up to and including it. */
  epochs(after: number | undefined): Promise<readonly EpochLedger[]>
  epoch(epoch: number): Promise<EpochLedger>
}
