/** One event asking to be counted. */
export type Claim = {
  /** Identity of the event: see `markerKey` in core/event/event.ts. */
  readonly key: string
  readonly epoch: number
  /** Padded sequence number of the event's record. */
  readonly sequence: string
  /** Index of the event within its record. */
  readonly index: number
  /**
   * Receipt of the event: every event that ingest takes gets one of its own, also when its id was sent
   * before.
   */
  readonly receipt: string
}

/**
 * `first`: nobody had claimed the id within the horizon; it is claimed now. `redelivery`: this very position
 * had claimed it: the transport delivered it again. `repeat`: this very receipt stands at another position:
 * the producer, whose answer was lost, put the record into the stream twice. Where the receipt was a
 * duplicate, so is its first position; only the later ones are repeats. `duplicate`: another receipt had
 * claimed it: the event was sent twice.
 */
export type Verdict = 'first' | 'redelivery' | 'repeat' | 'duplicate'

/**
 * Remembers which position claimed each event id during the dedupe horizon (a number of epochs).
 *
 * A claim holds from the epoch it was made in through `horizon` epochs after it; an id claimed longer ago is
 * `first` again. Claims are evaluated in the order given; of two equal keys in one call the earlier wins.
 * After a rejected call part of its claims may be made: claimed again, they are `redelivery`.
 *
 * @example
 * const [verdict] = await markers.claim([{ key: markerKey(event), epoch, sequence, index: 0, receipt }])
 */
export type Markers = {
  claim(claims: readonly Claim[]): Promise<readonly Verdict[]>
  /**
   * Whether the engine tells a `repeat`. One whose stream never stores a record twice need not remember
   * receipts: it answers `duplicate` instead.
   */
  readonly tellsRepeats: boolean
}
