import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Platform } from './platform.ts'
import type { Settings } from './settings.ts'

/** Longest start of the warehouse that is waited for, ms; and the pause between two looks. */
const PATIENCE_MS = 90_000
const LOOK_EVERY_MS = 200

/**
 * What the start says of the warehouse, once it is known: how to connect where it runs, and never an address
 * that may be somebody else's server.
 */
export async function warehouseText(
  { data, warehouse: { enabled, url, port } }: Pick<Settings, 'data' | 'warehouse'>,
  state: Platform['warehouseState'],
): Promise<string> {
  if (!enabled) return 'off'
  if (url !== undefined) return 'at TRIBUTARY_WAREHOUSE_URL'
  if (!(await isUp(state))) return 'does not run; the log says why, and it is tried again with every batch'
  return `${psql(data, port, 'tributary_reader', 'warehouse-reader-password')}
             (the role tributary owns the tables; its password is in ${join(data, 'warehouse-password')})`
}

async function isUp(state: Platform['warehouseState']): Promise<boolean> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(LOOK_EVERY_MS)) {
    // The platform may be on its way out again.
    const found = await state().catch(() => 'unavailable' as const)
    if (found !== 'starting') return found === 'on'
  }
  return false
}

/** For a shell; the password is in no command line. */
function psql(data: string, port: number, role: string, file: string): string {
  const path = `'${join(data, file).replaceAll("'", "'\\''")}'`
  return `PGPASSWORD=$(cat ${path}) psql -h 127.0.0.1 -p ${port} -U ${role} tributary`
}
