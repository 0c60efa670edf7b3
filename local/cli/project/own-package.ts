import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Name and version of the package that this program is: of the checkout, or of what is installed. */
export function ownPackage(): { readonly name: string; readonly version: string } {
  const folder = import.meta.filename.endsWith('.ts') ? '../../..' : '../../../..'
  const text = readFileSync(join(import.meta.dirname, folder, 'package.json'), 'utf8')
  return JSON.parse(text) as { readonly name: string; readonly version: string }
}
