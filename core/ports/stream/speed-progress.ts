/** How far the speed layer has come, as its consumers tell. */
export type SpeedProgress = {
  /** Notes that a consumer of `shard` has applied an event received at `receivedAt`, ms since 1970. */
  applied(shard: string, receivedAt: number): Promise<void>
  /**
   * How long after its receipt an event was applied, ms: the slowest of the last batches. 0 when there were
   * none lately.
   */
  lag(): Promise<number>
}
