import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  DescribeStepCommand,
  type EMRClient,
  ListStepsCommand,
  type StepStatus,
} from '@aws-sdk/client-emr'
import { TributaryError } from '../../core/errors.ts'
import { retrying, type TimeLeft, timeLeftOf } from '../aws/retry.ts'
import type { S3Objects } from '../objects/s3/s3.ts'
import { stepError } from './spark-errors.ts'

export type SparkSettings = {
  /** With `maxAttempts: 1`: the driver repeats what failed. */
  readonly client: EMRClient
  readonly objects: Pick<S3Objects, 'put'>
  /** Bucket of the lake. */
  readonly bucket: string
  /** Pauses between looks at a step, ms: the first, and the longest (2,000 and 30,000). */
  readonly pollMs?: readonly [number, number]
}

/** A step of a cluster. */
export type SparkStep = { readonly cluster: string; readonly step: string }

/**
 * Spark SQL as steps of EMR clusters, which others make and end (`state-machines/spark.asl.json`).
 *
 * Errors: TributaryError `overloaded`, `unavailable`, `timeout`, `storage_failed`; `internal` for what EMR refuses.
 */
export type Spark = {
  /** Stores statements as a script; answers its URI, which is the same for the same statements. */
  script(statements: readonly string[]): Promise<string>
  /** Adds a script to a cluster's steps. `name` is the step's own within the cluster: with one of that name, it is that step. */
  submit(cluster: string, name: string, script: string): Promise<SparkStep>
  /** Resolves when the step has succeeded. Out of time, it is cancelled: `timeout`. @throws as `stepError` names its failure */
  succeeded(step: SparkStep, timeLeft: TimeLeft): Promise<void>
  /** Ends a step, running or not; one that has ended stays as it is. */
  cancel(step: SparkStep): Promise<void>
}

const POLL_MS = [2_000, 30_000] as const
const POLL_GROWTH = 1.5
/** EMR allows some ten calls a second for each kind (EMR quotas). */
const BACKOFF = { baseMs: 200, capMs: 5_000 }
const CALL_MS = 60_000

/** Spark on EMR. */
export function createSpark(settings: SparkSettings): Spark {
  const { client, objects, bucket } = settings
  const call = <T>(what: string, send: (abortSignal: AbortSignal) => Promise<T>) =>
    retrying(send, { what, timeLeft: timeLeftOf(CALL_MS), backoff: BACKOFF })

  async function cancel({ cluster, step }: SparkStep): Promise<void> {
    const command = new CancelStepsCommand({
      ClusterId: cluster,
      StepIds: [step],
      StepCancellationOption: 'TERMINATE_PROCESS',
    })
    await call(`cancel step ${step}`, abortSignal => client.send(command, { abortSignal }))
  }

  async function stepNamed(cluster: string, name: string): Promise<string | undefined> {
    let Marker: string | undefined
    do {
      const command = new ListStepsCommand({ ClusterId: cluster, Marker })
      const page = await call(`list steps of ${cluster}`, abortSignal =>
        client.send(command, { abortSignal }),
      )
      const found = page.Steps?.find(step => step.Name === name)
      if (found !== undefined) return found.Id
      Marker = page.Marker
    } while (Marker !== undefined)
    return undefined
  }

  return {
    cancel,
    async script(statements) {
      const sql = statements.map(statement => `${statement};\n`).join('\n')
      const key = `spark/${createHash('sha256').update(sql).digest('hex').slice(0, 32)}.sql`
      await objects.put(key, Buffer.from(sql))
      return `s3://${bucket}/${key}`
    },
    submit: (cluster, name, script) =>
      call(`add a step to cluster ${cluster}`, async abortSignal => {
        // Adding is not idempotent, and an earlier attempt's answer may have been lost.
        const known = await stepNamed(cluster, name)
        if (known !== undefined) return { cluster, step: known }
        const command = new AddJobFlowStepsCommand({ JobFlowId: cluster, Steps: [sparkSql(name, script)] })
        const { StepIds } = await client.send(command, { abortSignal })
        return { cluster, step: StepIds![0]! }
      }),
    async succeeded(step, timeLeft) {
      const status = await ended(settings, step, timeLeft).catch(async error => {
        await cancel(step).catch(() => undefined) // nobody waits for it; the failure that led here is reported
        throw error
      })
      if (status.State !== 'COMPLETED') throw stepError(status, step.step)
    },
  }
}

function sparkSql(Name: string, script: string) {
  const Args = ['spark-sql', '-f', script]
  return { Name, ActionOnFailure: 'CONTINUE', HadoopJarStep: { Jar: 'command-runner.jar', Args } } as const
}

async function ended(
  { client, pollMs: [first, longest] = POLL_MS }: SparkSettings,
  { cluster, step }: SparkStep,
  timeLeft: TimeLeft,
): Promise<StepStatus> {
  const command = new DescribeStepCommand({ ClusterId: cluster, StepId: step })
  for (let pause: number = first; ; pause = Math.min(longest, pause * POLL_GROWTH)) {
    const { Step } = await retrying(abortSignal => client.send(command, { abortSignal }), {
      what: `look at step ${step}`,
      timeLeft,
      backoff: BACKOFF,
    })
    const status = Step?.Status ?? {}
    if (!['PENDING', 'RUNNING', 'CANCEL_PENDING'].includes(status.State ?? 'PENDING')) return status
    if (timeLeft() < pause) throw new TributaryError('timeout', `lake: Spark step ${step} took too long`)
    await sleep(pause * (0.75 + Math.random() / 2))
  }
}
