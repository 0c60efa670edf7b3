import { dirname, join } from 'node:path'
import { RAW } from '../../core/lake/lake-paths.ts'
import { damaged } from '../../drivers/files/checked-text.ts'
import { makeFolder } from '../../drivers/files/durable.ts'
import { type DeliveryState, readState, writeState } from '../../drivers/raw/delivery-state.ts'
import type { HourFile } from '../../drivers/raw/hour-file.ts'
import { filesFrom, restoreFiles } from '../../drivers/raw/hour-files-recovery.ts'
import { keptFiles } from '../../drivers/raw/kept-files.ts'
import { type LogShared, readableFrom } from '../../drivers/stream/log/shared.ts'
import type { RawDeliverySettings } from './raw-delivery-options.ts'

/** Where raw delivery goes on, and the files it adds to. */
export type Restored = { readonly position: number; readonly restored: readonly HourFile[] }

/**
 * Goes back to the recorded state: raw files are cut back to it, and it is recorded anew, because it may have
 * been replaced without being durable.
 * @throws `corrupt_data` when state, files and log do not belong together; then nothing is removed.
 */
export async function restoreDelivery(settings: RawDeliverySettings): Promise<Restored> {
  const { shared, lake, statePath, files } = settings
  await makeFolder(dirname(statePath))
  await makeFolder(join(lake, RAW))
  const stored = (await readState(statePath)) ?? (await firstState(shared, lake, statePath))
  const state = await keptFiles(lake, stored)
  readableFrom(shared, state.position, statePath)
  const restored = await restoreFiles(lake, state, files)
  await writeState(files, statePath, state)
  return { position: state.position, restored }
}

async function firstState(shared: LogShared, lake: string, statePath: string): Promise<DeliveryState> {
  const [found] = await filesFrom(lake, 0)
  if (found === undefined) return { position: readableFrom(shared, undefined, statePath), open: [] }
  throw damaged(statePath, `it is not there, but there are raw files (${found}): what they hold is not known`)
}
