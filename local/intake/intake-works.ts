import { createHookHandler } from '../../functions/hooks.ts'
import { createIntakeHandler, type Intake } from '../../functions/ingest.ts'
import type { Work } from '../../functions/middleware/http-function.ts'

type Deps = Parameters<typeof createIntakeHandler>[0] & Parameters<typeof createHookHandler>[0]

/**
 * The works of all routes that take events in, by the names of their functions, over one intake: on one
 * machine it may judge in a thread, which an ingest step alone does not.
 */
export function intakeWorks(deps: Deps, intake: Intake): Readonly<Record<string, Work>> {
  return { ingest: createIntakeHandler(deps, intake), hooks: createHookHandler(deps, intake) }
}
