import type { CellOf } from '../../core/explain/cell.ts'
import type { LakeObject } from '../../core/ports/lake-folder.ts'
import type { EventPage } from '../../core/sql/explain/cell-rows.ts'
import type { FoundReceipt } from './found-receipt.ts'

/**
 * What is asked of the lake about one cell, and what it knows: plain data, since the lake's engine is in
 * another thread. Cells are canonical texts (`formatCells`).
 */
export type LakeQuestion = {
  /** Id of the metric. */
  readonly metric: string
  readonly cell: CellOf
  /** Last epoch of the batch views, and their generation; undefined: there are none yet. */
  readonly boundary: { readonly epoch: number; readonly generation: number } | undefined
  /** Epochs after it in which the speed layer has something of the cell, in order. */
  readonly live: readonly number[]
  readonly page: EventPage
  /** Whether to read raw lines however many there are. */
  readonly isThorough: boolean
}

/** What events of one part could not be compared for. */
export type Unread =
  /** The platform keeps curated rows of it no longer. */
  | 'expired'
  /** Nobody has refined it, and it has more raw lines than a question reads. */
  | 'too large'

/** What one epoch, or a day of epochs whose partials are condensed, has of a cell. */
export type LakePart = {
  readonly layer: 'batch' | 'real-time'
  /** Start of the epoch, or of the day, ms. */
  readonly epoch: number
  /** Epochs that are in it, whose events were read. */
  readonly epochs: readonly number[]
  /** The partial that the batch layer keeps; undefined in the real-time part. */
  readonly stored: string | undefined
  /** What was computed from the events now; undefined where they could not be read. */
  readonly computed: { readonly cells: string | undefined; readonly events: number } | undefined
  /** When the last of them was received, ms. */
  readonly last: number | undefined
  readonly unread: Unread | undefined
  /** Whether both layers have all of the epoch, and nobody is computing it again. */
  readonly isSettled: boolean
  readonly files: readonly LakeObject[]
}

/**
 * An event of the cell. `values`: canonical JSON of the fields that the metric reads, as they are
 * declared.
 */
export type FoundEvent = FoundReceipt & {
  readonly partition: number
  readonly values: readonly (string | null)[]
}

/** A receipt that counts nothing, as another receipt of its event does. */
export type FoundDuplicate = FoundReceipt & {
  /** Undefined where it was not found among what is kept. */
  readonly winner:
    | { readonly receipt: string; readonly epoch: number; readonly isOfCell: boolean }
    | undefined
}

export type FoundDuplicates = {
  readonly total: number
  readonly first: readonly FoundDuplicate[]
  /**
   * Epochs whose raw lines were not looked through, and how many duplicates of the type each has, where
   * that is known.
   */
  readonly notRead: readonly { readonly epoch: number; readonly dropped: number | undefined }[]
}

export type LakeAnswer = {
  readonly parts: readonly LakePart[]
  /** A page of the events of all parts, in the order of receipts. */
  readonly events: readonly FoundEvent[]
  readonly hasMore: boolean
  readonly duplicates: FoundDuplicates
  /** SQL that counts what curated files have; undefined where they have nothing. */
  readonly sql: string | undefined
}
