import { CURATED_EPOCH, epochOfFolder, IDS, RAW, sliceOfFolder, typeOfFolder } from './lake-paths.ts'

/** Objects that readers see, by their top folder: what delivery, restores and batch runs call them. */
const NAMES: Readonly<Record<string, RegExp>> = {
  [RAW]: /^(?:\d+\.ndjson|restored-\d{8}T\d{6}Z-\d+\.jsonl|[\w.-]+\.jsonl\.gz)$/,
  curated: /^(?:part-[\w.-]+|data)\.parquet$/,
  [IDS]: /^data\.parquet$/,
  partials: /^data\.parquet$/,
}

/**
 * Whether an object of the lake is where, and called as, the platform writes it. In the folders whose objects
 * are read together, any other is a copy that somebody left beside one, or a file of another program: read as
 * well, it would count twice, or stop the batch of its epoch. Of other folders nothing is said.
 */
export function isOwnObject(path: string): boolean {
  const [top = '', of = '', epoch = '', name = '', ...deeper] = path.split('/')
  if (!Object.hasOwn(NAMES, top)) return true
  const isPlaced = top === 'partials' ? of.startsWith('metric=') : typeOfFolder(of) !== undefined
  return deeper.length === 0 && isPlaced && isEpoch(top, epoch) && NAMES[top]!.test(name)
}

function isEpoch(top: string, folder: string): boolean {
  if (top === IDS) return sliceOfFolder(folder) !== undefined
  const isNamed = top !== 'curated' || folder.startsWith(`${CURATED_EPOCH}=`)
  return isNamed && epochOfFolder(folder) !== undefined
}
