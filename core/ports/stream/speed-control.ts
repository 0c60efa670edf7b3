/** Through which record of the stream the speed layer has applied everything. */
export type SpeedPause = {
  /** Lanes that the partitions are spread over: partition p is read by lane p mod `lanes`. */
  readonly lanes: number
  /**
   * Padded sequence number of the last record of a lane, applied or not there: nothing before it is still to
   * come.
   */
  sequenceOf(lane: number): string
}

/**
 * Stops and starts the consumers of the stream, so that the real-time views can be rebuilt from the raw lake.
 *
 * @example
 * const pause = await control.pause()
 * try { … write items at pause.sequenceOf(lane) … } finally { await control.resume() }
 */
export type SpeedControl = {
  /**
   * Lets the speed layer and the raw delivery take in all that the stream holds now (markers claimed, raw
   * files readable), then stops both at the same place: the raw lake holds exactly what the speed layer has
   * applied. Records that arrive later stay in the stream. Pausing what is paused answers the same again.
   *
   * @throws TributaryError `timeout` when they do not get there; both then go on
   */
  pause(): Promise<SpeedPause>
  /** Both go on after the last record they took. A process that starts is not paused. */
  resume(): Promise<void>
}
