import { parsePathInstant, pathInstant } from '../data/time.ts'
import { EXPORTS, epochName } from './lake-paths.ts'

/** Rows of models: `whole/` of those that are made as one, `tbepoch=…/` of incremental ones. */
export const MODELS = 'models'
export const modelFolder = (id: string) => `${MODELS}/model=${id}`
export const modelWhole = (id: string) => `${modelFolder(id)}/whole`
export const modelEpoch = (id: string, epoch: number) =>
  `${modelFolder(id)}/${epochName(modelFolder(id), epoch)}`

/** The object of a whole model. Its version counts how often it was made. */
export const wholeName = (version: number) => `v${version}.parquet`
/** The newest version among the objects of a whole model; 0: it was never made. */
export const newestVersion = (paths: readonly string[]) =>
  Math.max(0, ...paths.map(path => Number(/\/v(\d+)\.parquet$/.exec(path)?.[1] ?? 0)))

/** The id of a folder of `MODELS`; undefined where it is none. */
export const idOfFolder = (name: string) => (name.startsWith('model=') ? name.slice(6) : undefined)

/**
 * What of models is to be made: epochs that a run has published, by type; and, of each model, an epoch, every
 * epoch since one, or all of it. A mark is there until what it asks for has been done.
 */
export const MODEL_MARKS = 'model-marks'
export const marksOfTypes = `${MODEL_MARKS}/types`
export const publishedMark = (type: string, epoch: number, run: string) =>
  `${marksOfTypes}/type=${type}/epoch=${pathInstant(epoch)},run=${run}.mark`

/** Reads what `publishedMark` wrote; undefined of another object. */
export function parsePublishedMark(
  path: string,
): { readonly type: string; readonly epoch: number } | undefined {
  const [, type, instant = ''] = /\/type=([^/]+)\/epoch=([^/,]+),run=.*\.mark$/.exec(path) ?? []
  const epoch = parsePathInstant(instant)
  return type === undefined || Number.isNaN(epoch) ? undefined : { type, epoch }
}

export const marksOfModel = (id: string) => `${MODEL_MARKS}/model=${id}`
export const epochMark = (id: string, epoch: number) => `${marksOfModel(id)}/epoch=${pathInstant(epoch)}.mark`
export const sinceMark = (id: string, epoch: number) => `${marksOfModel(id)}/since=${pathInstant(epoch)}.mark`
export const wholeMark = (id: string) => `${marksOfModel(id)}/whole.mark`
/** The model has been asked for at least once. */
export const KNOWN_MODELS = `${MODEL_MARKS}/known`
export const knownMark = (id: string) => `${KNOWN_MODELS}/model=${id}.mark`

/** The epoch of an `epoch=` or `since=` mark; undefined of another object. */
export function instantOfMark(path: string, kind: 'epoch' | 'since'): number | undefined {
  const instant = parsePathInstant(new RegExp(`/${kind}=([^/]+)\\.mark$`).exec(path)?.[1] ?? '')
  return Number.isNaN(instant) ? undefined : instant
}

/** Marks of epochs of an incremental model that were made again: the warehouse has to load them. */
export const exportsOfModel = (id: string) => `${EXPORTS}/model=${id}`
export const modelAgain = (id: string, epoch: number) =>
  `${exportsOfModel(id)}/epoch=${pathInstant(epoch)},run=model.mark`
