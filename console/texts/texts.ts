import { absent } from './absent.ts'
import { alerts } from './alerts.ts'
import { contracts } from './contracts.ts'
import { dashboards } from './dashboards.ts'
import { declare } from './declare.ts'
import { docs } from './docs.ts'
import { events } from './events.ts'
import { explain } from './explain.ts'
import { explore } from './explore.ts'
import { keys } from './keys.ts'
import { lake } from './lake.ts'
import { overview } from './overview.ts'
import { rejected } from './rejected.ts'
import { runs } from './runs.ts'
import { shared } from './shared.ts'
import { signIn } from './sign-in.ts'

/**
 * Every text of the console, in one folder, a file a page: what it says can be read, corrected and translated
 * here. Names of the API (fields, codes, states) are shown as they are.
 */
export const texts = {
  ...shared,
  absent,
  alerts,
  dashboards,
  signIn,
  overview,
  explore,
  events,
  explain,
  runs,
  contracts,
  declare,
  lake,
  keys,
  docs,
  rejected,
} as const
