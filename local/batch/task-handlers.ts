import { TributaryError } from '../../core/errors.ts'
import { type AslState, mapTasks, type PlacedTask, type StateMachineDefinition, tasksOf } from './asl.ts'

/** What a handler learns besides its payload. */
export type TaskContext = {
  /** Run id. */
  readonly run: string
  readonly state: string
  /** Aborts when the run is aborted or the state has timed out. */
  readonly signal: AbortSignal
}

/**
 * The local side of a Lambda function: JSON in, JSON out. States are entered again after a crash, so it must
 * be idempotent. A plain object under `report` in the result is merged into the run's report.
 */
export type TaskHandler = (payload: unknown, context: TaskContext) => unknown

/**
 * Handlers by the token that names their function: `{ PlanFunctionArn }` serves `"FunctionName":
 * "${PlanFunctionArn}"`.
 */
export type TaskHandlers = Readonly<Record<string, TaskHandler>>

/** Starts another machine; what `states:startExecution` does. */
export type StartMachine = (machine: string, input: unknown) => Promise<unknown>

export type BoundTask = {
  readonly name: string
  readonly parents: readonly string[]
  readonly handler: TaskHandler
  readonly timeoutMs: number
}

/** A machine whose every task has its handler. */
export type BoundMachine = {
  readonly name: string
  readonly definition: StateMachineDefinition
  readonly tasks: readonly BoundTask[]
}

/** A Lambda function ends after 15 minutes, whatever the state allows (AWS Lambda quotas). */
const LAMBDA_SECONDS = 900

/**
 * Finds the handler of every task, by the token in `FunctionName`: renaming a state must not detach it.
 *
 * @throws TributaryError `invalid_declaration` naming machine, state and what there is
 */
export function bindTasks(
  name: string,
  definition: StateMachineDefinition,
  handlers: TaskHandlers,
  start?: StartMachine,
): BoundMachine {
  const bind = (task: PlacedTask): BoundTask => ({
    name: task.name,
    parents: task.parents,
    handler: task.state.Resource === START ? starter(name, task, start) : handlerOf(name, task, handlers),
    timeoutMs: (task.state.TimeoutSeconds ?? LAMBDA_SECONDS) * 1000,
  })
  const tasks = tasksOf(definition).map(bind)
  const runnable = mapTasks(definition, (state, at) => ({
    // The library's own default is 60 s; on AWS a state without a limit waits for its function to end.
    ...(state.TimeoutSecondsPath === undefined && { TimeoutSeconds: LAMBDA_SECONDS }),
    ...state,
    ...(state.Parameters !== undefined && { Parameters: parametersOf(state, at) }),
  }))
  return { name, definition: runnable, tasks }
}

/** What a handler is called with is under `Payload`, as for `lambda:invoke`. */
function parametersOf({ Resource, Parameters }: AslState, at: string): unknown {
  const named = withStateName(Parameters, at)
  return Resource === START ? { Payload: named } : named
}

const START = 'arn:aws:states:::states:startExecution'

/** Starts the machine whose token stands in `StateMachineArn`: `${BackfillStateMachineArn}`. */
function starter(machine: string, { name }: PlacedTask, start: StartMachine | undefined): TaskHandler {
  if (start === undefined) return onAwsOnly(machine, name, START)
  return async payload => {
    const { StateMachineArn, Input } = payload as { StateMachineArn: string; Input: unknown }
    const token = /\$\{(\w+)StateMachineArn\}/.exec(StateMachineArn)?.[1]
    if (token === undefined)
      return fail(machine, name, `StateMachineArn must hold a token such as \${BackfillStateMachineArn}`)
    await start(token.replaceAll(/(?<!^)[A-Z]/g, letter => `-${letter}`).toLowerCase(), Input)
    return {}
  }
}

/** The library knows nothing of `$$.State`; a state's name is known beforehand. */
function withStateName(template: unknown, name: string): unknown {
  if (typeof template !== 'object' || template === null || Array.isArray(template)) return template
  const entries = Object.entries(template).map(([key, value]) =>
    value === '$$.State.Name' ? [key.replace(/\.\$$/, ''), name] : [key, withStateName(value, name)],
  )
  return Object.fromEntries(entries)
}

function handlerOf(machine: string, { name, state }: PlacedTask, handlers: TaskHandlers): TaskHandler {
  if (state.Resource !== 'arn:aws:states:::lambda:invoke') return onAwsOnly(machine, name, state.Resource)
  const called = (state.Parameters as { FunctionName?: unknown } | undefined)?.FunctionName
  const token = typeof called === 'string' ? /\$\{(\w+)\}/.exec(called)?.[1] : undefined
  if (token === undefined)
    fail(
      machine,
      name,
      `FunctionName must hold a token such as \${PlanFunctionArn}, not ${JSON.stringify(called)}`,
    )
  const handler = Object.hasOwn(handlers, token) ? handlers[token] : undefined
  const known = Object.keys(handlers).sort().join(', ')
  return handler ?? fail(machine, name, `no handler for \${${token}}; there are ${known || 'none'}`)
}

/**
 * Stands for a task that another service does: a machine can be loaded here as long as it does not come to
 * it.
 */
function onAwsOnly(machine: string, state: string, resource = 'without a Resource'): TaskHandler {
  return () => {
    throw new TributaryError(
      'bad_request',
      `state machine ${machine}, state ${state}: ${resource} runs on AWS only; on one machine leave it out of the input`,
    )
  }
}

function fail(machine: string, state: string, problem: string): never {
  throw new TributaryError('invalid_declaration', `state machine ${machine}, state ${state}: ${problem}`)
}
