import { TributaryError, toTributaryError } from '../errors.ts'
import { checkRunInput } from './run-input.ts'

/** What a user writes to start a state machine on a schedule. */
export type ScheduleDeclaration = {
  readonly name: string
  readonly description?: string
  /** State machine to start: the name of a file in `state-machines/`. */
  readonly machine: string
  /** `epoch-close`: at the end of every epoch. Otherwise a five-field cron expression in UTC. */
  readonly when: 'epoch-close' | { readonly cron: string }
  /** Input of the execution, as core/declare/run-input.ts says for the machine. */
  readonly input?: Readonly<Record<string, unknown>>
}

/**
 * Declares a schedule. Put the result as the default export of a file in `pipeline/schedules/`.
 *
 * @throws TributaryError `invalid_declaration` naming the part that cannot work
 */
export function defineSchedule(declaration: ScheduleDeclaration): ScheduleDeclaration {
  const { name, when } = declaration
  if (!/^[a-z][a-z0-9-]{0,47}$/.test(name ?? ''))
    fail(name, `name "${name}"`, 'use lower-case letters, digits and -')
  if (!/^[a-z][a-z0-9-]*$/.test(declaration.machine ?? ''))
    fail(name, `machine "${declaration.machine}"`, 'name a file of state-machines/ without its ending')
  if (when !== 'epoch-close' && (when?.cron ?? '').trim().split(/\s+/).length !== 5)
    fail(
      name,
      `"${when?.cron}" is not a cron expression of five fields`,
      'write minute hour day month weekday',
    )
  try {
    checkRunInput(declaration.machine, declaration.input ?? {})
  } catch (error) {
    const { message } = toTributaryError(error)
    throw new TributaryError('invalid_declaration', `schedule ${name}: ${message}`, { cause: error })
  }
  return declaration
}

function fail(name: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `schedule ${name}: ${problem}; ${remedy}`)
}
