/**
 * Stops and starts the speed layer's consumer of the stream, which goes on where it stopped.
 *
 * @example
 * await consumer.pause()
 * …
 * if (await consumer.isPaused()) await consumer.resume()
 */
export type SpeedConsumer = {
  /**
   * Resolves when no batch is being applied and none will be. Pausing what is paused is harmless.
   * @throws TributaryError `timeout` when the consumer does not stand still in time
   */
  pause(): Promise<void>
  /** Whether it still stands still: somebody else may have let it go on. */
  isPaused(): Promise<boolean>
  /** Lets the consumer go on. Resuming what runs is harmless. */
  resume(): Promise<void>
}
