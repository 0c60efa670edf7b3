import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type PlacedTask, type StateMachineDefinition, tasksOf } from '../../local/batch/asl.ts'

type Retrier = {
  readonly ErrorEquals: readonly string[]
  readonly IntervalSeconds: number
  readonly MaxAttempts: number
  readonly BackoffRate?: number
  readonly JitterStrategy?: string
}
type TaskState = PlacedTask['state'] & {
  readonly Retry?: readonly Retrier[]
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[] }[]
  readonly HeartbeatSeconds?: number
  readonly Parameters?: { readonly Payload?: Readonly<Record<string, unknown>> }
}

// It brings no types.
const validate = createRequire(import.meta.url)('asl-validator') as (definition: unknown) => unknown

const FOLDER = join(import.meta.dirname, '..', '..', 'state-machines')
const LAMBDA = 'arn:aws:states:::lambda:invoke'
/** A Lambda function ends after 900 s (AWS Lambda quotas). */
const LAMBDA_SECONDS = 900
/**
 * For the start of a container: a state must outlive its function, or a second attempt runs beside the first.
 */
const START_SECONDS = 30

/** What the template puts in place: `DefinitionSubstitutions` of each machine. */
const TOKENS = new Set([
  ...['Plan', 'PlanBackfill', 'AwaitRaw', 'Refine', 'Aggregate', 'Reconcile', 'Publish'].map(fn),
  ...['MakeRoles', 'LoadWarehouse', 'Commit', 'Certify', 'RunModels', 'Sweep', 'Replay', 'RestoreRaw'].map(
    fn,
  ),
  ...['FileIngest', 'Deliver'].map(fn),
  ...[
    'BackfillStateMachineArn',
    'BatchStateMachineArn',
    'WarehouseStateMachineArn',
    'SparkStateMachineArn',
    'SparkClusterName',
    'StackName',
    'EmrReleaseLabel',
    'EmrServiceRole',
    'EmrInstanceProfile',
  ],
  ...['EmrLogUri', 'EmrSecurityConfiguration', 'EmrSubnetIdA', 'EmrSubnetIdB'],
])
function fn(name: string) {
  return `${name}FunctionArn`
}

/**
 * Errors of an invocation that pass. `Sandbox.Timedout` and `Runtime.ExitError`: newer runtimes' names for a
 * time-out and a crash.
 */
const PASSING = [
  ...['overloaded', 'unavailable', 'timeout', 'storage_failed'],
  ...['Lambda.Unknown', 'Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Lambda.SdkClientException'],
  ...['Lambda.ClientExecutionTimeoutException', 'Lambda.TooManyRequestsException'],
  ...['Sandbox.Timedout', 'Runtime.ExitError', 'States.Timeout'],
]

const machines = readdirSync(FOLDER)
  .filter(name => name.endsWith('.asl.json'))
  .map(file => {
    const text = readFileSync(join(FOLDER, file), 'utf8')
    return {
      name: file.replace('.asl.json', ''),
      text,
      definition: JSON.parse(text) as StateMachineDefinition,
    }
  })
const tasks = machines.flatMap(({ name, definition }) =>
  tasksOf(definition).map(task => ({
    title: `${name}: ${task.name}`,
    machine: name,
    definition,
    ...task,
    state: task.state as TaskState,
    isFirst: ['Plan', 'Replay', 'Restore', 'IngestFiles', 'PlanDelivery', 'MakeRoles'].includes(task.name),
  })),
)
const functions = tasks.filter(({ state }) => state.Resource === LAMBDA)

describe.each(machines)('$name.asl.json', ({ text, definition }) => {
  test('is valid Amazon States Language once its tokens are replaced', () => {
    const replaced = text.replaceAll(/\$\{(\w+)\}/g, 'arn:aws:lambda:eu-central-1:123456789012:function:$1')
    expect(validate(JSON.parse(replaced))).toMatchObject({ isValid: true, errors: [] })
  })

  test('has only tokens that the template knows, each in a quoted text', () => {
    const tokens = [...text.matchAll(/\$\{(\w+)\}/g)].map(match => match[1]!)
    expect(tokens.filter(token => !TOKENS.has(token))).toEqual([])
    expect(JSON.parse(text)).toBeTypeOf('object')
  })

  test('has no null, which would not reach CloudFormation', () => {
    expect(text).not.toMatch(/:\s*null\b/)
  })

  test('says what it does', () => {
    expect((definition as { Comment?: string }).Comment?.length).toBeGreaterThan(20)
  })
})

describe.each(tasks)('$title', ({ state, definition, parents }) => {
  test('ends in bounded time', () => {
    expect(state.TimeoutSeconds).toBeGreaterThan(0)
    if (state.Resource === LAMBDA)
      expect([60, 120, LAMBDA_SECONDS]).toContain(state.TimeoutSeconds! - START_SECONDS)
  })

  test('is retried with jitter, in bounded number', () => {
    expect(state.Retry?.length).toBeGreaterThan(0)
    for (const { ErrorEquals, MaxAttempts, JitterStrategy } of state.Retry!) {
      expect(MaxAttempts).toBeGreaterThan(0)
      if (!ErrorEquals.includes('busy')) expect(JitterStrategy).toBe('FULL')
    }
  })

  test('is caught, by itself or by the Map around it', () => {
    const around = parents.flatMap(parent => (definition.States[parent] as TaskState | undefined) ?? [])
    const caught = [state, ...around].flatMap(each => each.Catch ?? [])
    expect(caught.map(({ ErrorEquals }) => ErrorEquals)).toContainEqual(['States.ALL'])
  })

  // Heartbeats come from activity workers and callbacks with a task token. Nothing here sends one:
  // lambda:invoke waits for its answer, and .sync integrations are followed by Step Functions itself; with
  // HeartbeatSeconds every task would fail by it.
  test('has no heartbeat, as nothing would send it', () => {
    expect(state.HeartbeatSeconds).toBeUndefined()
  })
})

describe.each(functions)('function of $title', ({ state, isFirst }) => {
  const errors = state.Retry!.flatMap(({ ErrorEquals }) => ErrorEquals)

  test('is retried for every failure that passes, and for no other', () => {
    const allowed = [...PASSING, 'raw_incomplete', ...(isFirst ? ['busy'] : [])]
    expect([...errors].sort()).toEqual(allowed.sort())
  })

  test('tells the function its run, state and the time', () => {
    expect(state.Parameters?.Payload).toMatchObject({
      'run.$': '$$.Execution.Name',
      'state.$': '$$.State.Name',
      'entered.$': '$$.State.EnteredTime',
    })
  })
})

describe.each(functions.filter(({ isFirst }) => isFirst))('first function: $title', ({ machine, state }) => {
  test('takes the lock for its run, and waits four hours for it', () => {
    expect(state.Parameters?.Payload).toMatchObject({
      machine,
      'execution.$': '$$.Execution.Id',
      'started.$': '$$.Execution.StartTime',
    })
    const busy = state.Retry!.find(({ ErrorEquals }) => ErrorEquals.includes('busy'))!
    expect(busy.BackoffRate).toBe(1)
    expect(busy.IntervalSeconds * busy.MaxAttempts).toBe(14_400)
  })
})

test('batch and backfill differ in their plan only, and in how a run that has done enough ends', () => {
  const rest = (name: string) => {
    const { States } = machines.find(machine => machine.name === name)!.definition
    return Object.entries(States).filter(([key]) => !['Plan', 'IsThereWork', 'Continue'].includes(key))
  }
  expect(rest('backfill')).toEqual(rest('batch'))
})

describe('the cluster of spark.asl.json', () => {
  type Fleet = {
    InstanceFleetType: string
    TargetSpotCapacity?: number
    TargetOnDemandCapacity?: number
    InstanceTypeConfigs: { InstanceType: string; WeightedCapacity: number }[]
    LaunchSpecifications: { SpotSpecification?: { TimeoutAction: string } }
  }
  type Cluster = {
    Parameters: {
      AutoTerminationPolicy: { IdleTimeout: number }
      Instances: { InstanceFleets: Fleet[] }
    }
    Catch: readonly { readonly Next: string }[]
  }
  const clusterOf = (state: string) => tasks.find(({ name }) => name === state)!.state as unknown as Cluster
  const create = clusterOf('CreateCluster')
  const small = clusterOf('CreateSmallCluster')
  const fleets = [create, small].flatMap(({ Parameters }) => Parameters.Instances.InstanceFleets)

  /** Units are vCPUs; of the primary EMR takes no other number than 1, and it has as many as any `xlarge`. */
  const units = ({ Parameters }: Cluster) => {
    const all = Parameters.Instances.InstanceFleets.map(fleet => ({
      spot: fleet.TargetSpotCapacity ?? 0,
      onDemand: (fleet.TargetOnDemandCapacity ?? 0) * (fleet.InstanceFleetType === 'MASTER' ? 4 : 1),
    }))
    const sum = (of: 'spot' | 'onDemand') => all.reduce((total, one) => total + one[of], 0)
    return { spot: sum('spot'), onDemand: sum('onDemand') }
  }

  test('counts its units in vCPUs', () => {
    const vCpus: Record<string, number> = { xlarge: 4, '2xlarge': 8 }
    for (const { InstanceFleetType, InstanceTypeConfigs } of fleets)
      for (const { InstanceType, WeightedCapacity } of InstanceTypeConfigs)
        expect(WeightedCapacity).toBe(InstanceFleetType === 'MASTER' ? 1 : vCpus[InstanceType.split('.')[1]!])
  })

  test('has at least 70 % of all its units on spot, the primary included', () => {
    const { spot, onDemand } = units(create)
    expect(spot / (spot + onDemand)).toBeGreaterThanOrEqual(0.7)
  })

  test('does without spot what it can for a bounded price: never a whole cluster on demand', () => {
    for (const { LaunchSpecifications } of fleets)
      expect(LaunchSpecifications.SpotSpecification?.TimeoutAction ?? 'TERMINATE_CLUSTER').toBe(
        'TERMINATE_CLUSTER',
      )
    expect(create.Catch.map(({ Next }) => Next)).toEqual(['CreateSmallCluster'])
    expect(small.Catch.map(({ Next }) => Next)).toEqual(['Failed'])
    const { spot, onDemand } = units(create)
    expect(units(small)).toEqual({ spot: 0, onDemand: 20 })
    expect(units(small).onDemand).toBeLessThanOrEqual((spot + onDemand) / 2)
  })

  test('is Graviton throughout', () => {
    for (const { InstanceType } of fleets.flatMap(fleet => fleet.InstanceTypeConfigs))
      expect(InstanceType).toMatch(/^[mcr]\dg/)
  })

  test('ends by itself, and is terminated after success and after failure', () => {
    expect(create.Parameters.AutoTerminationPolicy.IdleTimeout).toBeLessThanOrEqual(3600)
    const ends = tasks.filter(({ state }) => state.Resource?.endsWith(':terminateCluster.sync'))
    expect(ends.map(({ name }) => name)).toEqual(['Terminate', 'TerminateAfterFailure'])
  })
})

test('a batch works on several types and metrics at once, but for the metrics of one type, which may refine it again', () => {
  type MapState = { readonly MaxConcurrency: number; readonly ItemProcessor: { readonly States: object } }
  for (const name of ['batch', 'backfill']) {
    const states = machines.find(machine => machine.name === name)!.definition.States
    const { Refine, Aggregate, Compare, Publish } = states as unknown as Record<string, MapState>
    for (const map of [Refine, Aggregate, Compare, Publish]) expect(map!.MaxConcurrency).toBe(8)
    const { AggregateType } = Aggregate!.ItemProcessor.States as Record<string, MapState>
    expect(AggregateType!.MaxConcurrency).toBe(1)
  }
})
