import { machineFiles } from '../../drivers/files/durable.ts'
import type { DeliveryState } from '../../drivers/raw/delivery-state.ts'
import { writeState } from '../../drivers/raw/delivery-state.ts'
import { HourFiles } from '../../drivers/raw/hour-files.ts'
import { restoreFiles } from '../../drivers/raw/hour-files-recovery.ts'
import { intactEntries } from '../../drivers/stream/log/salvage.ts'
import type { Patient } from './patient.ts'

const ROTATE_BYTES = 256 << 20
const MAX_OPEN = 64

/**
 * Delivers what can be read of the log after a state's position to the raw files, as raw delivery does; the
 * state then says `end`. With `endAll` no file goes on: the log does not.
 */
export async function deliverRest(
  { paths }: Patient,
  state: DeliveryState,
  end: number,
  endAll = false,
): Promise<DeliveryState> {
  const restored = await restoreFiles(paths.lake, state, machineFiles)
  const options = { lake: paths.lake, files: machineFiles, rotateBytes: ROTATE_BYTES, maxOpen: MAX_OPEN }
  const files = new HourFiles(options, restored)
  try {
    for (const entries of intactEntries(paths.log, state.position)) {
      if (files.full) await files.flush()
      files.append(entries)
    }
    await files.sync()
    if (endAll) await files.endUnused(Number.POSITIVE_INFINITY)
    const delivered = { position: end, open: files.open() }
    await writeState(machineFiles, paths.rawDelivery, delivered)
    return delivered
  } finally {
    await files.close()
  }
}
