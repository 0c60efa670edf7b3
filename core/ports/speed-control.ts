/** Through which record of the stream the speed layer has applied everything. */
export type SpeedPause = {
  /** Padded sequence number of the last record of a partition, applied or not there: nothing before it is still to come. */
  sequenceOf(partition: number): string
}

/**
 * Stops and starts the speed layer, so that its views can be rebuilt.
 *
 * @example
 * const pause = await control.pause()
 * try { … write items at pause.sequenceOf(partition) … } finally { await control.resume() }
 */
export type SpeedControl = {
  /**
   * Lets the speed layer and the raw delivery apply all that the stream holds now (markers claimed, raw files readable), then
   * stops the speed layer. Records that arrive later stay in the stream. Pausing what is paused answers the same again.
   *
   * @throws TributaryError `timeout` when they do not get there; the speed layer then goes on
   */
  pause(): Promise<SpeedPause>
  /** Goes on after the last record applied. A process that starts is not paused. */
  resume(): Promise<void>
}
