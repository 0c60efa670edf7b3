import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const FILE = join(import.meta.dirname, 'handler-permissions.yml')

const PERMISSIONS = parse(readFileSync(FILE, 'utf8')) as Readonly<Record<string, readonly string[] | null>>

/**
 * The actions that making, reading, changing and deleting a resource of a type needs, of the services whose
 * resource policies can refuse them; none where AWS publishes none. Undefined: the type is not in the list.
 */
export function permissionsOf(type: string): readonly string[] | undefined {
  return Object.hasOwn(PERMISSIONS, type) ? (PERMISSIONS[type] ?? []) : undefined
}
