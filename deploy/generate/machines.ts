import { alarm } from './alarms.ts'
import { attribute, nagReason, pascal, type Resource, type Resources, ref, STACK } from './cloudformation.ts'
import type { MachineFile } from './machine-files.ts'
import { grantsOf, isHeavy } from './machine-grants.ts'
import { substitutionsOf } from './machine-tokens.ts'
import { allow, unique } from './statements.ts'

const REASON =
  'Log delivery and RunJobFlow take no resource; clusters and executions get their ids when they start. See deploy/generate/machine-grants.ts.'

/** Log deliveries take no resource: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
const LOG_DELIVERY = allow(
  [
    'logs:CreateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:DescribeLogGroups',
    'logs:DescribeResourcePolicies',
    'logs:GetLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:UpdateLogDelivery',
  ],
  '*',
)

/** A state machine with its role, its log and the alarm of its failed runs. */
export function machineResources(machine: MachineFile, functions: readonly string[]): Resources {
  const id = pascal(machine.name)
  const when = isHeavy(machine) ? { Condition: 'WithHeavy' } : {}
  const stateMachine: Resource = {
    Type: 'AWS::StepFunctions::StateMachine',
    ...when,
    Properties: {
      StateMachineName: `${STACK}-${machine.name}`,
      StateMachineType: 'STANDARD',
      Definition: `\${file(state-machines/${machine.name}.asl.json)}`,
      DefinitionSubstitutions: substitutionsOf(machine, functions),
      RoleArn: attribute(`${id}MachineRole`, 'Arn'),
      LoggingConfiguration: {
        Level: 'ALL',
        // Payloads name keys of objects, never events; yet inputs are the caller's.
        IncludeExecutionData: false,
        Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: attribute(`${id}MachineLogGroup`, 'Arn') } }],
      },
      TracingConfiguration: { Enabled: true },
    },
  }
  return {
    [`${id}Machine`]: stateMachine,
    [`${id}MachineRole`]: { ...roleOf(machine, functions), ...when },
    [`${id}MachineLogGroup`]: {
      Type: 'AWS::Logs::LogGroup',
      ...when,
      Properties: {
        LogGroupName: `/aws/vendedlogs/states/${STACK}-${machine.name}`,
        RetentionInDays: `\${param:logDays}`,
        KmsKeyId: attribute('DataKey', 'Arn'),
      },
    },
    [`${id}RunsFail`]: { ...runAlarm(machine, 'fail', 'failed', 'ExecutionsFailed'), ...when },
    [`${id}RunsHang`]: { ...runAlarm(machine, 'hang', 'took too long', 'ExecutionsTimedOut'), ...when },
  }
}

function runAlarm({ name }: MachineFile, verb: string, what: string, metric: string): Resource {
  return alarm(`${name}-runs-${verb}`, `A run of ${name} ${what}`, {
    namespace: 'AWS/States',
    name: metric,
    dimensions: { StateMachineArn: ref(`${pascal(name)}Machine`) },
  })
}

function roleOf(machine: MachineFile, functions: readonly string[]): Resource {
  const statements = unique([LOG_DELIVERY, ...grantsOf(machine, functions)])
  return {
    Type: 'AWS::IAM::Role',
    Metadata: nagReason('AwsSolutions-IAM5', REASON),
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'states.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'aws:SourceAccount': ref('AWS::AccountId') } },
          },
        ],
      },
      ManagedPolicyArns: [ref('TracingPolicy')],
      Policies: [
        { PolicyName: machine.name, PolicyDocument: { Version: '2012-10-17', Statement: statements } },
      ],
    },
  }
}
