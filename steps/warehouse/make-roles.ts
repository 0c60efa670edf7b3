import type { TaskResult } from '../batch/task.ts'

export type MakeRolesPorts = {
  /**
   * Makes, as the warehouse's administrator, the user who loads and the role that reads, as often as one
   * likes; answers the tables that they were given. Undefined where there is no warehouse, and where it makes
   * its roles when it starts, as that of one machine does.
   */
  readonly makeRoles: (() => Promise<readonly string[]>) | undefined
}

/** `none`: nobody has to make any. */
export type MakeRolesResult = TaskResult<{ readonly state: 'made' | 'none' }>

/**
 * Builds the step that comes before a load: whoever loads may then do so without the administrator. Each run
 * begins with it, as what may be read follows from what is declared, and a warehouse may be another one than
 * the run before had. What fails here fails the run: loads would go on showing what has become sensitive.
 */
export function createMakeRoles({ makeRoles }: MakeRolesPorts): () => Promise<MakeRolesResult> {
  return async () => {
    if (makeRoles === undefined) return { state: 'none', report: {} }
    const tables = await makeRoles()
    return { state: 'made', report: { roles: { tables: tables.length } } }
  }
}
