import { parsePathInstant, pathInstant } from './time.ts'

/**
 * Where things are in the lake. `raw`, `curated` and `partials` are what readers see; `staged` holds what is being built in
 * the shape of the others; `journal` says which batch views are being written; `exports` are files for the warehouse.
 */
const epochPart = (epoch: number) => `epoch=${pathInstant(epoch)}`

export const rawOfType = (type: string) => `raw/type=${type}`
export const rawFolder = (type: string, epoch: number) => `${rawOfType(type)}/${epochPart(epoch)}`

export const curatedOfType = (type: string) => `curated/type=${type}`
export const curatedFolder = (type: string, epoch: number) => `${curatedOfType(type)}/${epochPart(epoch)}`

export const partialsOfMetric = (metric: string) => `partials/metric=${metric}`
export const partialsFolder = (metric: string, epoch: number) =>
  `${partialsOfMetric(metric)}/${epochPart(epoch)}`

/** Where `replay` refines what no batch has published yet. */
export const replayFolder = (type: string, epoch: number) => `replay/type=${type}/${epochPart(epoch)}`

/** The place where the replacement of a folder is built. */
export const staged = (folder: string) => `staged/${folder}`

/** The one object of a folder of partials. */
export const dataIn = (folder: string) => `${folder}/data.parquet`

export const journalOfMetric = (metric: string) => `journal/metric=${metric}`
export const journalPath = (metric: string, epoch: number, generation: number) =>
  `${journalOfMetric(metric)}/${epochPart(epoch)}/generation=${generation}.parquet`

/** Reads what `journalPath` wrote. */
export function parseJournalPath(path: string): { readonly epoch: number; readonly generation: number } {
  const parts = /epoch=([^/]+)\/generation=(\d+)\.parquet$/.exec(path)
  return { epoch: parsePathInstant(parts?.[1] ?? ''), generation: Number(parts?.[2]) }
}

export const exportsFolder = (epoch: number) => `exports/${epochPart(epoch)}`

/** The epoch of a folder name such as `epoch=20010701T000000Z`; undefined where it is none. */
export function epochOfFolder(name: string): number | undefined {
  const epoch = name.startsWith('epoch=') ? parsePathInstant(name.slice(6)) : Number.NaN
  return Number.isNaN(epoch) ? undefined : epoch
}
