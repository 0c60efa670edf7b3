/** One receipt of an event: plain data, since the lake's engine is in another thread. */
export type EventReceipt = {
  readonly receipt: string
  /** Start of the epoch, ms. */
  readonly epoch: number
  readonly partition: number
  /** Event time, ms. */
  readonly time: number
  /** Whether it counts its event; undefined where that cannot be told yet. */
  readonly isCounted: boolean | undefined
  /** The receipt that counts the event in its place, where it is known. */
  readonly countedBy: string | undefined
  /** Raw object that it is in; undefined: not in the raw lake, yet or any more. */
  readonly raw: string | undefined
  /** Curated object that it is in. */
  readonly curated: string | undefined
  /** Its line; undefined where that was not read. */
  readonly line: string | undefined
}

/** An event by its identity, with what came in under it, oldest first. */
export type FoundEvent = {
  readonly type: string
  readonly source: string
  readonly receipts: readonly EventReceipt[]
  /** Values of the curated row as canonical JSON, by name of the field; undefined where there is no row. */
  readonly curatedValues: Readonly<Record<string, string | null>> | undefined
  /** Whether the epoch that counts it has been refined. */
  readonly isRefined: boolean
}

/** An epoch of a type whose raw lines were not looked through. */
export type NotRead = { readonly type: string; readonly epoch: number }

/** Which event is looked for, in which epochs. */
export type EventLookup = {
  readonly id: string
  readonly source: string | undefined
  readonly types: readonly string[]
  /** Epochs from and through these are looked through, ms. */
  readonly from: number
  readonly through: number
  /** Lines with the id that the stream has and the raw lake may not have yet. */
  readonly streamed: readonly string[]
}

export type EventsFound = {
  readonly events: readonly FoundEvent[]
  /** The oldest epoch of each type that was looked through, where there are older ones in the range. */
  readonly reached: Readonly<Record<string, number>>
  readonly notRead: readonly NotRead[]
}
