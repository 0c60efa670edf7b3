/**
 * Since which epoch the speed layer has counted every event of a metric, or of an event type (its tally). One
 * that was declared while its type had traffic has been counted from some event of an epoch on: of that epoch
 * the real-time views hold a part, which is no number to show as whole, nor to hold against the batch layer.
 *
 * The same list says since which epoch all events of a type are checked for what its fields are declared as
 * (`checkedId`).
 *
 * Errors: TributaryError `storage_failed`, and of the store.
 */
export type CountedSince = {
  /**
   * By id of a metric or tally: the start of the first epoch, ms since 1970, of which, and of every later
   * one, all events are in the real-time views. 0: of all there ever were. An id that is not in the list has
   * not been counted.
   */
  list(): Promise<ReadonlyMap<string, number>>
  /** Replaces what is noted of these ids; resolves once that is durable, and so are the views it is about. */
  note(since: ReadonlyMap<string, number>): Promise<void>
}
