import { join } from 'node:path'
import { type Installed, installWithPip } from '../pip.ts'

export type { Installed } from '../pip.ts'

/** The Python that has the emulator, or why there is none. */
export function installMinistack(): Promise<Installed> {
  return installWithPip('MiniStack', join(import.meta.dirname, 'requirements.txt'))
}
