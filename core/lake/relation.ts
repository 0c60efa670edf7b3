import type { Field } from '../data/fields.ts'
import type { StoredType } from '../declare/changes/stored-type.ts'
import {
  curatedFolder,
  idsFolder,
  journalOfMetric,
  partialsFolder,
  rawFolder,
  replayFolder,
  staged,
} from './lake-paths.ts'
import { condensedFolder } from './retention-paths.ts'

/**
 * Rows of an event type: `raw` lines, `curated` rows, curated rows that no reader sees yet
 * (`staged-curated`), and those that only a replay reads (`replay`).
 */
export type TypePlace = {
  readonly kind: 'raw' | 'curated' | 'staged-curated' | 'replay'
  readonly type: string
  /** ms. */
  readonly epoch: number
}

/** What is known of the parts of an epoch that is being refined, and the lines that its parts leave out. */
export type RefiningPlace = {
  readonly kind: 'notes' | 'left-out'
  readonly type: string
  /** ms. */
  readonly epoch: number
}

/** Ids that so many epochs have counted, from `epoch` on. */
export type IdsPlace = {
  readonly kind: 'ids' | 'staged-ids'
  readonly type: string
  /** ms. */
  readonly epoch: number
  readonly epochs: number
}

/**
 * Rows of a metric: `partials`, those that no reader sees yet (`staged-partials`), the keys that are being
 * published (`journal`), and partials that are combined over the epochs of a day (`condensed`), of which the
 * day is the epoch.
 */
export type MetricPlace = {
  readonly kind: 'partials' | 'staged-partials' | 'journal' | 'condensed'
  /** Id of the metric. */
  readonly metric: string
  /** ms. */
  readonly epoch: number
}

/** What keys of a metric have had before batch views were changed (core/lake/history-paths.ts). */
export type HistoryPlace = {
  readonly kind: 'history'
  /** Id of the metric. */
  readonly metric: string
  /** Of those that are read together, any. */
  readonly epoch: number
}

/** Presented rows of a metric and month, on their way to somebody else. */
export type DeliveryPlace = {
  readonly kind: 'delivery'
  /** Name of the metric. */
  readonly metric: string
  /** Start of the month, ms. */
  readonly epoch: number
}

/** Rows of a model: of an epoch, or, where it is made as a whole, all of them. */
export type ModelPlace = {
  readonly kind: 'model'
  /** Id of the model. */
  readonly model: string
  readonly epoch: number
}

/** Where rows of one kind are. */
export type Place =
  | ModelPlace
  | TypePlace
  | RefiningPlace
  | IdsPlace
  | MetricPlace
  | HistoryPlace
  | DeliveryPlace

/**
 * Rows that SQL reads: what they are, and the objects that hold them, as paths of the lake. How SQL names
 * them is the engine's business: one reads files, another has a table a kind, with columns that say whose
 * rows they are.
 */
export type Relation = Place & {
  readonly parts: readonly string[]
  /** Columns that were stored as another type than their field declares now; not empty. */
  readonly recast?: readonly Recast[]
}

/** A field whose column was stored under an older declaration. */
export type Recast = { readonly field: Field; readonly from: StoredType }

/** The folder of a place. */
export function folderOf(place: TypePlace | IdsPlace | MetricPlace): string {
  switch (place.kind) {
    case 'raw':
      return rawFolder(place.type, place.epoch)
    case 'curated':
      return curatedFolder(place.type, place.epoch)
    case 'staged-curated':
      return staged(curatedFolder(place.type, place.epoch))
    case 'replay':
      return replayFolder(place.type, place.epoch)
    case 'ids':
      return idsFolder(place.type, { from: place.epoch, epochs: place.epochs })
    case 'staged-ids':
      return staged(idsFolder(place.type, { from: place.epoch, epochs: place.epochs }))
    case 'partials':
      return partialsFolder(place.metric, place.epoch)
    case 'staged-partials':
      return staged(partialsFolder(place.metric, place.epoch))
    case 'journal':
      return journalOfMetric(place.metric)
    case 'condensed':
      return condensedFolder(place.metric, place.epoch)
  }
}

/** The folder that a part of a relation is in. */
export const folderOfPart = (part: string): string => part.slice(0, part.lastIndexOf('/'))
