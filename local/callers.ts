import type { Logger } from 'pino'
import type { Key } from '../core/access/read-keys.ts'
import { type TributaryError, toTributaryError } from '../core/errors.ts'
import { openFileAllowances } from '../drivers/allowances/file.ts'
import { developmentKey } from '../drivers/keys/development.ts'
import { createKeyAuthorisation } from '../functions/middleware/authorise.ts'
import { createOriginRule } from '../functions/middleware/origin-rule.ts'
import { createAllow } from '../steps/allow.ts'
import { openKeys } from './keys.ts'
import type { Settings } from './settings.ts'

/**
 * Who may call this machine, and how often: the keys that were set, else one made for it, those that were
 * made since, the pages that may send, and what each key has used up.
 *
 * @throws TributaryError `storage_failed`, `corrupt_data`
 */
export async function openCallers(
  settings: Pick<Settings, 'data' | 'keys' | 'origins'>,
  logger: Logger,
  report: (failure: TributaryError, place: string) => void,
) {
  const developmentSecret = settings.keys === undefined ? await developmentKey(settings.data) : undefined
  const keys: readonly Key[] = settings.keys ?? [
    { secret: developmentSecret!, access: { name: 'development', isAdmin: true } },
  ]
  const pages = createOriginRule(settings.origins, (origin, remedy) =>
    logger.warn({ origin }, `requests of pages are refused: ${remedy}`),
  )
  const { ring, made, close } = await openKeys(settings.data, keys)
  const tell = (failure: unknown) => report(toTributaryError(failure), 'allowances')
  const allowances = await openFileAllowances({ folder: settings.data, report: tell })
  return {
    /** The key made for this machine, where none were set. */
    developmentSecret,
    pages,
    authorise: createKeyAuthorisation(ring, pages),
    allow: createAllow({ allowances, now: Date.now, report: tell }),
    managedKeys: made,
    setKeys: async () => ring.set,
    async close(): Promise<void> {
      await allowances.close()
      await close()
    },
  }
}
