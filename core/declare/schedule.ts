import { TributaryError, toTributaryError } from '../errors.ts'
import { cronProblem } from './cron.ts'
import { knownKeys, refuseUnknownKeys } from './known-keys.ts'
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

/** Every key of a schedule. */
export const SCHEDULE_KEYS = knownKeys<ScheduleDeclaration>({
  ...{ name: 1, description: 1, machine: 1, when: 1, input: 1 },
})

/**
 * Declares a schedule. Put the result as the default export of a file in `pipeline/schedules/`.
 *
 * @throws TributaryError `invalid_declaration` naming the part that cannot work
 */
export function defineSchedule(declaration: ScheduleDeclaration): ScheduleDeclaration {
  refuseUnknownKeys(declaration, SCHEDULE_KEYS)
  const { name, when, machine, description } = declaration
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,47}$/.test(name))
    fail(name, `name "${name}"`, 'use lower-case letters, digits and -')
  if (typeof machine !== 'string' || !/^[a-z][a-z0-9-]*$/.test(machine))
    fail(name, `machine "${machine}"`, 'name a file of state-machines/ without its ending')
  if (description !== undefined && typeof description !== 'string')
    fail(name, 'description is not a text', 'write it in quotes')
  if (when !== 'epoch-close') checkCron(name, when)
  try {
    checkRunInput(declaration.machine, declaration.input ?? {})
  } catch (error) {
    const { message } = toTributaryError(error)
    throw new TributaryError('invalid_declaration', `schedule ${name}: ${message}`, { cause: error })
  }
  return declaration
}

function checkCron(name: string, when: { readonly cron: string }): void {
  const keys = typeof when === 'object' && when !== null ? Object.keys(when).join() : ''
  if (keys !== 'cron' || typeof when.cron !== 'string')
    fail(name, `when ${JSON.stringify(when)}`, "write 'epoch-close', or { cron: '5 3 * * *' }")
  const wrong = cronProblem(when.cron)
  if (wrong !== undefined) fail(name, `"${when.cron}" ${wrong.problem}`, wrong.remedy)
}

function fail(name: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `schedule ${name}: ${problem}; ${remedy}`)
}
