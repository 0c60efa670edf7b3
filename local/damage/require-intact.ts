import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type EmbeddedPaths, storedPosition } from '../../drivers/compose/embedded.ts'
import { damaged } from '../../drivers/files/checked-text.ts'
import { checkLmdb } from '../../drivers/lmdb/check.ts'
import { hasMarkers } from '../../drivers/markers/table/folder.ts'
import { readState } from '../../drivers/raw/delivery-state.ts'

/**
 * What a start looks at before it opens anything: that no file would end the process when it is opened, and
 * how far the consumers of the log have come. The rest is verified when it is read, and all of it by
 * `tributary doctor`.
 *
 * @returns how far the log must reach at least
 * @throws `corrupt_data` naming file and remedy
 */
export async function requireIntact(paths: EmbeddedPaths): Promise<number> {
  requireBatch(paths)
  const raw = await readState(paths.rawDelivery)
  const applied = Math.max(0, ...laneFolders(paths).map(lanePosition))
  // Without them every event that comes again would count again, in silence.
  if (applied > 0 && !hasMarkers(paths.markers)) throw damaged(paths.markers, NO_MARKERS)
  return Math.max(raw?.position ?? 0, applied)
}

/** What is wrong where real-time views have counted events, and nothing says which. */
export const NO_MARKERS = 'the ids of the events that were counted are not there'

/** Batch views that are gone answer nothing, in silence, where partials say that there were some. */
export function requireBatch({ batch, lake }: EmbeddedPaths): void {
  const file = join(batch, 'data.mdb')
  const isThere = existsSync(file) && statSync(file).size > 0
  if (!isThere && existsSync(join(lake, 'partials'))) throw damaged(file, 'it is not there, or empty')
  checkLmdb(batch)
}

/** The folders of all lanes, of whatever number of lanes. */
export function laneFolders({ realTime }: EmbeddedPaths): readonly string[] {
  return namesIn(realTime)
    .filter(name => name.startsWith('of-'))
    .flatMap(name => namesIn(join(realTime, name)).map(lane => join(realTime, name, lane)))
}

/** The position of a lane's checkpoint, 0 where it has none. @throws `corrupt_data` naming its file */
export function lanePosition(folder: string): number {
  checkLmdb(folder)
  return storedPosition(folder) ?? 0
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
