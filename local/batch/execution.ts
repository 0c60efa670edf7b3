import { setTimeout as sleep } from 'node:timers/promises'
import type { StateMachineDefinition as LibraryDefinition } from 'aws-local-stepfunctions'
import type { Run } from '../../core/ports/runs.ts'
import { CallRefused, taskCalls } from './task-calls.ts'
import type { BoundMachine } from './task-handlers.ts'

/** How an execution ended. `suspended`: cut short by a shutdown, to be run again. */
export type Outcome =
  | { readonly status: 'succeeded' | 'stopped' }
  | { readonly status: 'suspended' }
  | { readonly status: 'failed'; readonly error: NonNullable<Run['error']> }

export type Execution = {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>
  /** Resolves when no handler runs any more, which can be after the outcome. */
  idle(): Promise<void>
  /**
   * Lets the current state finish, as long as that takes, and enters no further one: what a state has begun
   * it ends, so that the run is like one whose process died between two of them.
   */
  stop(): Promise<void>
  /** Lets the current state finish, for at most `patienceMs`, and enters no further one. */
  suspend(patienceMs: number): Promise<void>
}

/** After a state's end the library needs a moment to come to the end of the machine, or to the next state. */
const TRANSITION_MS = 100

/** `$$.State`, which the library leaves out: read as a state is entered. */
const STATE_NOW = {
  get EnteredTime() {
    return new Date().toISOString()
  },
}

/** Executes one run of a machine in this process with aws-local-stepfunctions. */
export function execute(
  machine: BoundMachine,
  run: Run,
  on: {
    readonly state: (name: string) => void
    readonly retried: (name: string) => void
    readonly report: (report: unknown) => void
  },
): Execution {
  const calls = taskCalls(run.id, on.report)
  const stop = Promise.withResolvers<Outcome>()
  let stopped = false
  let isStopping = false
  let abortLibrary = (): void => {}

  const interpret = async (): Promise<Outcome> => {
    // Loaded late: it takes 160 ms and 37 MB that a start of the server need not wait for.
    const { StateMachine } = await import('aws-local-stepfunctions')
    if (stopped) return stop.promise
    const handlers = Object.fromEntries(
      machine.tasks.map(task => [
        task.name,
        async (input: unknown) => (await calls.call(task, input)) as null,
      ]),
    )
    // Validated by the tests; here tokens such as ${PlanFunctionArn} stand where it wants ARNs.
    const interpreter = new StateMachine(machine.definition as unknown as LibraryDefinition, {
      validationOptions: { noValidate: true },
    })
    const { result, eventLogs, abort } = interpreter.run(run.input as null, {
      overrides: { taskResourceLocalHandlers: handlers },
      context: {
        Execution: {
          ...{ Id: run.id, Name: run.id, Input: run.input as null },
          StartTime: new Date(run.startedAt).toISOString(),
        },
        StateMachine: { Name: machine.name },
        State: STATE_NOW,
      },
    })
    abortLibrary = abort
    const ended = result.then((): Outcome => ({ status: 'succeeded' }), failure)
    for await (const event of eventLogs) {
      if (event.type === 'StateEntered') on.state(event.state.name)
      if (event.type === 'StateEntered' || event.type === 'StateRetried') calls.mark(event.state.name, false)
      if (event.type === 'StateRetried') on.retried(event.state.name)
      if (event.type === 'StateFailed') calls.mark(event.state.name, true)
    }
    return ended
  }

  const finish = (outcome: Outcome): void => {
    stopped = true
    stop.resolve(outcome)
    calls.abort()
    abortLibrary()
  }
  /** A state beside the one that was not entered any more may be at work: it is not cut off either. */
  const interpreted = async (): Promise<Outcome> => {
    const came = await interpret().catch(failure)
    if (!isStopping || came.status !== 'suspended') return came
    await calls.idle()
    return { status: 'stopped' }
  }
  const outcome = Promise.race([interpreted(), stop.promise]).finally(() => calls.abort())

  return {
    outcome,
    idle: () => calls.idle(),
    async stop() {
      isStopping = true
      calls.refuse()
      await calls.idle()
      await Promise.race([outcome, sleep(TRANSITION_MS)])
      finish({ status: 'stopped' })
    },
    async suspend(patienceMs) {
      calls.refuse()
      await Promise.race([calls.idle(), sleep(patienceMs, undefined, { ref: false })])
      await Promise.race([outcome, sleep(TRANSITION_MS)])
      finish({ status: 'suspended' })
    },
  }
}

/** The library wraps what a state threw into an ExecutionError. */
function failure(thrown: unknown): Outcome {
  const error = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  // Only a suspension, or a stop, refuses calls and yet lets the machine go on.
  if (error instanceof CallRefused) return { status: 'suspended' }
  if (!(error instanceof Error))
    return { status: 'failed', error: { name: 'internal', cause: String(error) } }
  const name = error.name === 'ExecutionTimeoutError' ? 'States.Timeout' : error.name
  return { status: 'failed', error: { name, cause: error.message } }
}
