/** One event asking to be counted. */
export type Claim = {
  /** Identity of the event: see `markerKey` in core/event.ts. */
  readonly key: string
  readonly epoch: number
  /** Padded sequence number of the event's record. */
  readonly sequence: string
  /** Index of the event within its record. */
  readonly index: number
}

/**
 * `first`: nobody had claimed the id within the horizon; it is claimed now.
 * `redelivery`: this very position had claimed it: the transport delivered it again.
 * `duplicate`: another position had claimed it: the event was sent twice.
 */
export type Verdict = 'first' | 'redelivery' | 'duplicate'

/**
 * Remembers which position claimed each event id during the dedupe horizon (a number of epochs).
 *
 * A claim holds from the epoch it was made in through `horizon` epochs after it; an id claimed longer ago is `first`
 * again. Claims are evaluated in the order given; of two equal keys in one call the earlier wins.
 */
export type Markers = {
  claim(claims: readonly Claim[]): Promise<readonly Verdict[]>
}
