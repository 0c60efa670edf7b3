import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type EmbeddedPaths, storedMarkers, storedPosition } from '../../drivers/compose/embedded.ts'
import { damaged } from '../../drivers/files/checked-text.ts'
import { checkLmdb } from '../../drivers/lmdb/check.ts'
import { isBehind, placeIn } from '../../drivers/markers/table/place.ts'
import { readState } from '../../drivers/raw/delivery-state.ts'
import { requireNoRepairs } from './repairs.ts'

/**
 * What a start looks at before it opens anything: that no doctor was interrupted, that no file would end the
 * process when it is opened, and how far the consumers of the log have come. The rest is verified when it is
 * read, and all of it by `tributary doctor`.
 *
 * @returns how far the log must reach at least
 * @throws `corrupt_data` naming file and remedy
 */
export async function requireIntact(paths: EmbeddedPaths): Promise<number> {
  requireNoRepairs(paths)
  requireBatch(paths)
  checkLmdb(paths.alerts)
  const raw = await readState(paths.rawDelivery)
  const applied = laneFolders(paths).map(lanePosition)
  const problem = await markersProblem(paths)
  if (problem !== undefined) throw damaged(paths.markers, problem)
  return Math.max(raw?.position ?? 0, ...applied)
}

/**
 * What is wrong where real-time views have counted events, and their ids are not those that are remembered:
 * every event that comes again would count again, in silence.
 *
 * @throws `corrupt_data` naming the file of a lane
 */
export async function markersProblem(paths: EmbeddedPaths): Promise<string | undefined> {
  const folders = laneFolders(paths)
  const found = await placeIn(paths.markers)
  if (found === undefined)
    return folders.some(folder => lanePosition(folder) > 0)
      ? 'the ids of the events that were counted are not there'
      : undefined
  const noted = folders.map(storedMarkers).filter(place => place !== undefined)
  return noted.some(place => isBehind(found, place))
    ? 'it is older than what was counted by it, or of another data folder'
    : undefined
}

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
