import { parsePathInstant, pathInstant } from '../data/time.ts'
import { isTypeInPath } from '../data/type-name.ts'
import { MOVES } from './history-paths.ts'
import type { IdSlice } from './id-slices.ts'
import { RETENTION } from './retention-paths.ts'

/**
 * Where things are in the lake. `raw`, `curated` and `partials` are what readers see; `staged` holds what is
 * being built in the shape of the others; `journal` says which batch views are being written; `exports` are
 * files for the warehouse.
 */
const epochPart = (epoch: number) => `epoch=${pathInstant(epoch)}`
const typePart = (type: string) => `type=${type}`

/** The raw lake: as events were received. */
export const RAW = 'raw'
export const rawOfType = (type: string) => `${RAW}/${typePart(type)}`
export const rawFolder = (type: string, epoch: number) => `${rawOfType(type)}/${epochPart(epoch)}`

export const curatedOfType = (type: string) => `curated/${typePart(type)}`
export const curatedFolder = (type: string, epoch: number) =>
  `${curatedOfType(type)}/${CURATED_EPOCH}=${pathInstant(epoch)}`
/**
 * Other programs read curated folders, and take `name=value` in a path for a column. So it bears a name that
 * no column of the files has; `epoch` is one, an instant, where theirs would be a text.
 */
export const CURATED_EPOCH = 'tbepoch'

/**
 * Ids that curated epochs have counted, in slices (core/lake/id-slices.ts): made of curated data, at any
 * time.
 */
export const IDS = 'ids'
export const idsOfType = (type: string) => `${IDS}/${typePart(type)}`
export const idsFolder = (type: string, { from, epochs }: IdSlice) =>
  `${idsOfType(type)}/${epochPart(from)},epochs=${epochs}`

/** The slice that the name of a folder of `idsOfType` names; undefined where it is none. */
export function sliceOfFolder(name: string): IdSlice | undefined {
  const [, instant = '', epochs] = /^epoch=([^,]+),epochs=(\d+)$/.exec(name) ?? []
  const from = parsePathInstant(instant)
  return Number.isNaN(from) ? undefined : { from, epochs: Number(epochs) }
}

export const partialsOfMetric = (metric: string) => `partials/metric=${metric}`
export const partialsFolder = (metric: string, epoch: number) =>
  `${partialsOfMetric(metric)}/${epochPart(epoch)}`

/** What is known of the parts in a folder that is being refined (steps/batch/refine/part-notes.ts). */
export const notesOf = (folder: string) => `staged/notes/${folder}`

/** Where `replay` refines what no batch has published yet. */
export const replayFolder = (type: string, epoch: number) => `replay/${typePart(type)}/${epochPart(epoch)}`

/** Top folders in which no folder is ever replaced: their objects are exactly where their paths say. */
export const PLAIN: ReadonlySet<string> = new Set([
  RAW,
  'due',
  'staged',
  'certificates',
  'replay',
  'journal',
  'exports',
  'arrivals',
  'delivered',
  'failed',
  'inbox',
  'inbox-done',
  'inbox-failed',
  'inbox-notes',
  'losses',
  'windows',
  'deliveries',
  'table-marks',
  'model-marks',
  'tables',
  RETENTION,
  MOVES,
])

/** Is a path, or a folder, in a part of the lake where no folder is ever replaced? */
export const isPlain = (path: string) => PLAIN.has(path.split('/', 1)[0]!)

/** The place where the replacement of a folder is built. */
export const staged = (folder: string) => `staged/${folder}`

/** The one object of a folder of partials. */
export const dataIn = (folder: string) => `${folder}/data.parquet`

/**
 * Marks of the epochs that have partials in windows of a day that is not theirs
 * (steps/batch/marks/window-index.ts).
 */
const windowsOfMetric = (metric: string) => `windows/metric=${metric}`
export const lateOfDay = (metric: string, day: number) => `${windowsOfMetric(metric)}/day=${pathInstant(day)}`
export const lateMark = (metric: string, day: number, epoch: number) =>
  `${lateOfDay(metric, day)}/${epochPart(epoch)}.mark`
export const epochOfLate = (path: string) => parsePathInstant(/\/epoch=([^/]+)\.mark$/.exec(path)?.[1] ?? '')
/** Holds an object where the metric has all of its marks. */
export const windowsWhole = (metric: string) => `${windowsOfMetric(metric)}/whole`

export const journalOfMetric = (metric: string) => `journal/metric=${metric}`
/**
 * One folder for all epochs: in a file system a folder an epoch would stay there, empty, for ever, and each
 * run would look into all of them.
 */
export const journalPath = (metric: string, epoch: number, generation: number) =>
  `${journalOfMetric(metric)}/${epochPart(epoch)},generation=${generation}.parquet`

/** Reads what `journalPath` wrote, in its older form too, which had a folder an epoch. */
export function parseJournalPath(path: string): { readonly epoch: number; readonly generation: number } {
  const parts = /epoch=([^/,]+)[/,]generation=(\d+)\.parquet$/.exec(path)
  return { epoch: parsePathInstant(parts?.[1] ?? ''), generation: Number(parts?.[2]) }
}

/** Files for the warehouse. An earlier version kept them in a folder an epoch. */
export const EXPORTS = 'exports'

/** Rows of a metric that a generation changed, for the warehouse: kept until it has loaded them. */
export const metricExports = (metric: string) => `${EXPORTS}/metric=${metric}`
/** Not in a folder of its own, which would stay. COPY reads every object whose key begins with this one. */
export const metricExport = (metric: string, generation: number) =>
  `${metricExports(metric)}/generation=${generation}.csv`

/** Keys that a generation took away, where there are any. */
export const goneExport = (metric: string, generation: number) =>
  `${metricExports(metric)}/generation=${generation}.gone.csv`

/** Whether it is an object that `goneExport` names. */
export const isGoneExport = (path: string) => path.endsWith('.gone.csv')

/** So many of them are kept: a warehouse that is further behind is filled anew. */
export const MOST_GENERATIONS = 200

/** The generation that `metricExport` or `goneExport` names; undefined of another object. */
export function exportedGeneration(path: string): number | undefined {
  const digits = /generation=(\d+)(?:\.gone)?\.csv$/.exec(path)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Marks of epochs of a type that a run computed again: the warehouse has to load them again. */
export const againOfType = (type: string) => `${EXPORTS}/again/${typePart(type)}`
export const againMark = (type: string, epoch: number, run: string) =>
  `${againOfType(type)}/${epochPart(epoch)},run=${run}.mark`

/** The epoch that `againMark` names; undefined of another object. */
export function epochAgain(path: string): number | undefined {
  const epoch = parsePathInstant(/\/epoch=([^/,]+),run=/.exec(path)?.[1] ?? '')
  return Number.isNaN(epoch) ? undefined : epoch
}

/** Marks of published epochs that have to be computed again (steps/batch/marks/due-marks.ts). */
export const DUE = 'due'
/** `run`: the one that took it up; empty where none has. */
export const dueMark = (type: string, epoch: number, run: string) =>
  `${DUE}/${typePart(type)}/${epochPart(epoch)},run=${run}.mark`

/** Reads what `dueMark` wrote; undefined of another object. */
export function parseDueMark(
  path: string,
): { readonly type: string; readonly epoch: number; readonly run: string } | undefined {
  const [, folder = '', instant = '', run = ''] =
    /^due\/([^/]+)\/epoch=([^/,]+),run=(.*)\.mark$/.exec(path) ?? []
  const [type, epoch] = [typeOfFolder(folder), parsePathInstant(instant)]
  return type === undefined || Number.isNaN(epoch) ? undefined : { type, epoch, run }
}

/** The files of open tables. */
const TABLES = 'tables'
export const tableFolder = (namespace: string, table: string) => `${TABLES}/${namespace}/${table}`

/** Marks of epochs that an open table is to have as they are now (steps/tables/). */
export const TABLE_MARKS = 'table-marks'
/** Whose epochs they are: those of an event type, or of a metric (its id). */
export const tableOfType = typePart
export const tableOfMetric = (metric: string) => `metric=${metric}`
export const tableMark = (owner: string, epoch: number, run: string) =>
  `${TABLE_MARKS}/${owner}/${epochPart(epoch)},run=${run}.mark`

/** Reads what `tableMark` wrote; undefined of another object. */
export function parseTableMark(
  path: string,
): { readonly owner: string; readonly epoch: number; readonly run: string } | undefined {
  const [, owner = '', instant = '', run = ''] =
    /^table-marks\/([^/]+)\/epoch=([^/,]+),run=(.*)\.mark$/.exec(path) ?? []
  const epoch = parsePathInstant(instant)
  return Number.isNaN(epoch) ? undefined : { owner, epoch, run }
}

/** What epochs were published without, because an operator accepted that it is lost: a record each time. */
export const lossFolder = (type: string, epoch: number) => `losses/${typePart(type)}/${epochPart(epoch)}`
export const lossRecord = (
  type: string,
  epoch: number,
  { raw, missing }: { readonly raw: number; readonly missing: number },
) => `${lossFolder(type, epoch)}/raw=${raw},missing=${missing}.json`

/** How many raw events there were, of a path that `lossRecord` made. */
export const lossOf = (path: string) => ({ raw: Number(/\/raw=(\d+),missing=/.exec(path)?.[1] ?? 'NaN') })

/** What is written for one run of loads, and gone after it. */
export const LOADS = `${EXPORTS}/loads`
export const loadFile = (job: string, item: string) =>
  `${LOADS}/${job.replaceAll(/[^\w-]+/g, '_')},${item}.csv`

/** Where the stream delivers its records as they come, all types mixed, before they are split into `raw`. */
const ARRIVALS = 'arrivals'

const DELIVERED = 'delivered'

/** Folder of what arrived in the hour (UTC) of an instant: `arrivals/2026/11/21/14`. */
export function arrivalHour(ms: number): string {
  return `${ARRIVALS}/${new Date(ms).toISOString().slice(0, 13).replaceAll(/[-T]/g, '/')}`
}

/** Is the object of this key one that the stream delivered? */
export const isArrival = (key: string) => key.startsWith(`${ARRIVALS}/`)

/** The mark of an arrival, or of a folder of them, that the raw lake holds: an empty object. */
export const deliveredMark = (key: string) => `${DELIVERED}${key.slice(ARRIVALS.length)}`

/** One name for what an arrival is split into: the same each time, and no other arrival's. */
export function arrivalName(key: string): string {
  const name = isArrival(key) ? key.slice(ARRIVALS.length + 1) : key
  return name.replace(/(\.jsonl|\.ndjson|\.json)?(\.gz)?$/, '').replaceAll('/', '-')
}

/** The raw object of a type and epoch with the lines of one arrival. */
export const rawObject = (type: string, epoch: number, name: string) =>
  `${rawFolder(type, epoch)}/${name}.jsonl.gz`

/** Where lines of an arrival are kept that are no received events, and bytes that are no lines. */
export const unreadableLines = (name: string) => `failed/unreadable/${name}.jsonl.gz`
export const unreadableBytes = (name: string) => `failed/unreadable/${name}.bin.gz`

/** The name of an epoch's folder in a folder of epochs, such as `raw/type=…` or `curated/type=…`. */
export const epochName = (folder: string, epoch: number) =>
  /^(?:curated|models)\//.test(folder) ? `${CURATED_EPOCH}=${pathInstant(epoch)}` : epochPart(epoch)

/** The event type of a folder name such as `type=com.example.order`; undefined where it is none. */
export function typeOfFolder(name: string): string | undefined {
  const type = name.startsWith('type=') ? name.slice(5) : ''
  return isTypeInPath(type) ? type : undefined
}

/**
 * The epoch of a folder name such as `epoch=20010701T000000Z` or, of curated data,
 * `tbepoch=20010701T000000Z`; undefined where it is none.
 */
export function epochOfFolder(name: string): number | undefined {
  const epoch = parsePathInstant(/^(?:tb)?epoch=(.*)$/.exec(name)?.[1] ?? '')
  return Number.isNaN(epoch) ? undefined : epoch
}
