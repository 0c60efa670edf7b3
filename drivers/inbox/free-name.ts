import { TributaryError } from '../../core/errors.ts'
import { numbered } from '../../core/lake/aside-name.ts'

/** Files of one name that a day may see: one a minute, and some. */
const MAX_NUMBER = 2000

/**
 * The first of `name`, `name~2`, … that is free.
 *
 * @throws TributaryError `storage_failed` where 2,000 are taken
 */
export async function freeName(name: string, isFree: (name: string) => Promise<boolean>): Promise<string> {
  for (let n = 1; n <= MAX_NUMBER; n++) {
    const candidate = numbered(name, n)
    if (await isFree(candidate)) return candidate
  }
  throw new TributaryError('storage_failed', `inbox: ${MAX_NUMBER} files called ${name} left it on one day`)
}
