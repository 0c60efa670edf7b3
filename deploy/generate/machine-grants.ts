import { TributaryError } from '../../core/errors.ts'
import { arn, attribute, STACK, type Value } from './cloudformation.ts'
import type { MachineFile } from './machine-files.ts'
import { functionsOf, machinesOf, substitutionsOf } from './machine-tokens.ts'
import { allow, type Statement } from './statements.ts'

const CLUSTERS = arn('elasticmapreduce', 'cluster/*')

/** Step Functions watches `.sync` work by a rule of EventBridge that it makes itself. */
const watching = (rule: string): Statement =>
  allow(['events:DescribeRule', 'events:PutRule', 'events:PutTargets'], arn('events', `rule/${rule}`))

const CREATE_CLUSTER: readonly Statement[] = [
  // RunJobFlow takes no resource; what the cluster may do is decided by the two roles it may be given.
  allow(['elasticmapreduce:RunJobFlow'], '*'),
  // An id is given to a cluster when it starts; the tag tells this stack's from others.
  allow(
    [
      'elasticmapreduce:AddTags',
      'elasticmapreduce:DescribeCluster',
      'elasticmapreduce:PutAutoTerminationPolicy',
      'elasticmapreduce:TerminateJobFlows',
    ],
    CLUSTERS,
  ),
  allow(['iam:PassRole'], [attribute('EmrServiceRole', 'Arn'), attribute('EmrInstanceRole', 'Arn')]),
  watching('StepFunctionsGetEventForEMRRunJobFlowRule'),
]
const TERMINATE: readonly Statement[] = [
  allow(['elasticmapreduce:DescribeCluster', 'elasticmapreduce:TerminateJobFlows'], CLUSTERS),
  watching('StepFunctionsGetEventForEMRTerminateJobFlowsRule'),
]

/** Rights by what a task calls, the part after `arn:aws:states:::`. */
const INTEGRATIONS: Readonly<
  Record<string, (machine: MachineFile, functions: readonly string[]) => readonly Statement[]>
> = {
  'lambda:invoke': (machine, functions) => {
    const values = substitutionsOf(machine, functions)
    return [
      allow(
        ['lambda:InvokeFunction'],
        functionsOf(machine).map(name => values[`${name}FunctionArn`]!),
      ),
    ]
  },
  'states:startExecution': (machine, functions) => startOnly(machine, functions),
  'states:startExecution.sync:2': (machine, functions) => startMachines(machine, functions),
  'states:startExecution.sync': (machine, functions) => startMachines(machine, functions),
  'elasticmapreduce:createCluster.sync': () => CREATE_CLUSTER,
  'elasticmapreduce:createCluster': () => CREATE_CLUSTER,
  'elasticmapreduce:addStep.sync': () => [
    allow(
      ['elasticmapreduce:AddJobFlowSteps', 'elasticmapreduce:CancelSteps', 'elasticmapreduce:DescribeStep'],
      CLUSTERS,
    ),
    watching('StepFunctionsGetEventForEMRAddJobFlowStepsRule'),
  ],
  'elasticmapreduce:terminateCluster': () => TERMINATE,
  'elasticmapreduce:terminateCluster.sync': () => TERMINATE,
  // These take no resource; a condition cannot name the role of the function that started the statement.
  'aws-sdk:redshiftdata:describeStatement': () => [allow(['redshift-data:DescribeStatement'], '*')],
}

/**
 * What a machine's role may do: what its tasks call, and no more.
 *
 * @throws TributaryError `invalid_declaration` for a call without an entry here
 */
export function grantsOf(machine: MachineFile, functions: readonly string[]): readonly Statement[] {
  return machine.integrations.flatMap(integration => {
    const rights = INTEGRATIONS[integration.replace('arn:aws:states:::', '')]
    if (rights !== undefined) return rights(machine, functions)
    throw new TributaryError(
      'invalid_declaration',
      `state-machines/${machine.name}.asl.json: no rights are known for ${integration}; add it to deploy/generate/machine-grants.ts`,
    )
  })
}

/** Whether a machine starts clusters, which only stacks with `heavy` can. */
export function isHeavy({ integrations }: MachineFile): boolean {
  return integrations.some(integration => integration.includes(':::elasticmapreduce:'))
}

/** Starts machines and does not wait for them. */
function startOnly(machine: MachineFile, functions: readonly string[]): readonly Statement[] {
  const values = substitutionsOf(machine, functions)
  const started: readonly Value[] = machinesOf(machine).map(name => values[`${name}StateMachineArn`]!)
  return [allow(['states:StartExecution'], started)]
}

function startMachines(machine: MachineFile, functions: readonly string[]): readonly Statement[] {
  return [
    ...startOnly(machine, functions),
    allow(['states:DescribeExecution', 'states:StopExecution'], arn('states', `execution:${STACK}-*`)),
    watching('StepFunctionsGetEventsForStepFunctionsExecutionRule'),
  ]
}
