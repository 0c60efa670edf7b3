import { join } from 'node:path'
import { type Installed, installWithPip } from '../../../deploy/check/pip.ts'

export type { Installed } from '../../../deploy/check/pip.ts'

/** The Python that has the emulator, or why there is none. */
export function installMinistack(): Promise<Installed> {
  return installWithPip('MiniStack', join(import.meta.dirname, 'requirements.txt'))
}
