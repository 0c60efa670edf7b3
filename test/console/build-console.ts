import { join } from 'node:path'
import { build } from 'vite'
import { consoleBuild } from '../../console/vite.config.ts'
import { chromiumPath } from './browser.ts'

/** Before the tests of the browser: there is one, and the console is built of what is here now. */
export default async function setup(): Promise<void> {
  chromiumPath()
  await build(consoleBuild(join(import.meta.dirname, '..', '..', 'console', 'dist')))
}
