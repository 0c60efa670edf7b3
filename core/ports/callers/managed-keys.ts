import type { ManagedKey } from '../../access/managed-key.ts'

/**
 * Keys that are made by the API, for as long as they are not revoked.
 *
 * Errors: TributaryError `storage_failed`, `corrupt_data`, and of the store.
 */
export type ManagedKeys = {
  /** All of them, by name, as they are at this moment. */
  list(): Promise<readonly ManagedKey[]>
  /**
   * Resolves once the key is durable. `taken`: there is one of that name; `full`: there are `MOST_KEYS`, or,
   * where several processes add at one time, a few more.
   */
  add(key: ManagedKey): Promise<'added' | 'taken' | 'full'>
  /** Resolves once it is gone for good. @returns whether there was one of that name */
  remove(name: string): Promise<boolean>
  /** Notes that a key was used, roughly when; one that was revoked meanwhile stays so. */
  used(name: string, at: number): Promise<void>
}
