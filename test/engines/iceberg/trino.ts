import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installTrino, startTrino, type Trino } from '../dialects/trino-server.ts'
import { blocksOf } from './engines.ts'
import type { LivePlatform } from './live-platform.ts'

/** Who reads, and who may change rows: roles of the warehouse. */
export type TrinoRole = 'reader' | 'owner'

/** Trino with the catalog of the page, of a platform that works: `tributary`, and `owner` that may write. */
export async function startTrinoOn(platform: LivePlatform): Promise<Trino> {
  const catalogs = { tributary: catalogOf(platform, 'reader'), owner: catalogOf(platform, 'owner') }
  return startTrino(await installTrino(), false, catalogs)
}

function catalogOf(platform: LivePlatform, role: TrinoRole): string {
  const [properties] = blocksOf('As tables of a catalog', 'properties')
  const file = role === 'reader' ? 'warehouse-reader-password' : 'warehouse-password'
  const password = readFileSync(join(platform.data, file), 'utf8').trim()
  const placed = platform
    .placed(properties!.replace('file:///…/', 'file://'))
    .replace('connection-password=…', `connection-password=${password}`)
  return role === 'reader' ? placed : placed.replace('tributary_reader', 'tributary')
}
