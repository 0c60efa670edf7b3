import { setTimeout as sleep } from 'node:timers/promises'
import {
  GetEventSourceMappingCommand,
  type LambdaClient,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import { TributaryError } from '../../core/errors.ts'
import type { SpeedConsumer } from '../../core/ports/stream/speed-consumer.ts'
import { retrying, timeLeftOf } from '../aws/retry.ts'

export type EventSourceMappingOptions = {
  readonly client: LambdaClient
  /** UUID of the mapping between the stream and the speed function. */
  readonly mapping: string
  /**
   * Time-out of the speed function, ms: a mapping may say `Disabled` while its last invocation still works
   * (its API reference promises nothing about it).
   */
  readonly longestInvocationMs: number
  /** Patience with a change of state, ms (60,000). */
  readonly patienceMs?: number
  /** Pause between two questions, ms (2,000). */
  readonly pollMs?: number
}

/**
 * Patience with one call and its repetitions, ms. A mapping that is being updated refuses others
 * (ResourceInUseException).
 */
const CALL_MS = 10_000

/**
 * The consumer that Lambda's event source mapping is. Disabled, it keeps its place in the stream and goes on
 * from there; records must not outlive the stream's retention meanwhile.
 *
 * Errors: TributaryError `timeout`, and those of `awsError`.
 */
export function createEventSourceMapping(options: EventSourceMappingOptions): SpeedConsumer {
  const { client, mapping, longestInvocationMs, patienceMs = 60_000, pollMs = 2000 } = options
  const calling = <T>(verb: string, call: (abortSignal: AbortSignal) => Promise<T>) =>
    retrying(call, { what: `${verb} event source mapping ${mapping}`, timeLeft: timeLeftOf(CALL_MS) })

  const stateNow = async (): Promise<string | undefined> => {
    const command = new GetEventSourceMappingCommand({ UUID: mapping })
    return (await calling('read', abortSignal => client.send(command, { abortSignal }))).State
  }
  const standStill = async (): Promise<void> => {
    const timeLeft = timeLeftOf(patienceMs)
    await accepted(false)
    for (;;) {
      const state = await stateNow()
      if (state === 'Disabled') return
      if (timeLeft() < pollMs)
        throw new TributaryError(
          'timeout',
          `event source mapping ${mapping} is ${state} and not Disabled after ${patienceMs / 1000} s`,
        )
      await sleep(pollMs)
    }
  }
  /** Asks for a change until no earlier one is in its way. */
  const accepted = async (isEnabled: boolean): Promise<void> => {
    const timeLeft = timeLeftOf(patienceMs)
    while (!(await ask(isEnabled))) {
      if (timeLeft() < pollMs)
        throw new TributaryError('timeout', `event source mapping ${mapping} is busy with another change`)
      await sleep(pollMs)
    }
  }
  /** False while another change is under way. */
  const ask = (Enabled: boolean): Promise<boolean> =>
    calling('change', async abortSignal => {
      try {
        await client.send(new UpdateEventSourceMappingCommand({ UUID: mapping, Enabled }), { abortSignal })
        return true
      } catch (error) {
        if (error instanceof Error && /^Resource(InUse|Conflict)Exception$/.test(error.name)) return false
        throw error
      }
    })

  return {
    async pause() {
      await standStill()
      await sleep(longestInvocationMs)
    },
    isPaused: async () => (await stateNow()) === 'Disabled',
    // Not waited for: once it is asked for, Lambda sees to it.
    resume: () => accepted(true),
  }
}
