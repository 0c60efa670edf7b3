import { attribute, pascal, type Resource, type Resources, ref, STACK, type Value } from './cloudformation.ts'

/** Functions that move to a new version by and by, with the alarms that take them back to the one before. */
export const ROLLED_OUT: Readonly<Record<string, { readonly alarms: readonly string[] }>> = {
  // First, and the others wait for it: no event is accepted of a type that is not counted yet.
  speed: { alarms: ['SpeedFails'] },
  ingest: { alarms: ['IngestFails', 'ApiFails'] },
  metrics: { alarms: ['MetricsFails', 'ApiFails'] },
}

/** Name of the alias that callers call. */
const ALIAS = 'live'

/** What others call as this function: its alias where there is one, whose `Ref` is its ARN. */
export function calledOf(name: string): Value {
  const itself = attribute(`${pascal(name)}LambdaFunction`, 'Arn')
  if (!(name in ROLLED_OUT)) return itself
  return { 'Fn::If': ['WithRollout', ref(`${pascal(name)}Alias`), itself] }
}

/**
 * A published version of a function, the alias that stands for it, and the rules by which CodeDeploy moves
 * the alias. The version bears no hash: deploy/version-plugin.mjs describes it by what it is made of, and
 * CloudFormation replaces it when that changes and deletes the one before when all went well.
 */
export function rolloutOf(name: string): Resources {
  const id = pascal(name)
  const version: Resource = {
    Type: 'AWS::Lambda::Version',
    Condition: 'WithRollout',
    Properties: { FunctionName: ref(`${id}LambdaFunction`), Description: 'set by deploy/version-plugin.mjs' },
  }
  return {
    [`${id}Version`]: version,
    [`${id}Alias`]: aliasOf(name, id),
    [`${id}Deployment`]: deploymentOf(name),
  }
}

function aliasOf(name: string, id: string): Resource & { readonly UpdatePolicy: Value } {
  return {
    Type: 'AWS::Lambda::Alias',
    Condition: 'WithRollout',
    ...(name !== 'speed' && { DependsOn: 'SpeedAlias' }),
    UpdatePolicy: {
      CodeDeployLambdaAliasUpdate: {
        ApplicationName: ref('RolloutApplication'),
        DeploymentGroupName: ref(`${id}Deployment`),
      },
    },
    Properties: {
      Name: ALIAS,
      FunctionName: ref(`${id}LambdaFunction`),
      FunctionVersion: attribute(`${id}Version`, 'Version'),
    },
  }
}

function deploymentOf(name: string): Resource {
  return {
    Type: 'AWS::CodeDeploy::DeploymentGroup',
    Condition: 'WithRollout',
    Properties: {
      ApplicationName: ref('RolloutApplication'),
      DeploymentGroupName: `${STACK}-${name}`,
      ServiceRoleArn: attribute('RolloutRole', 'Arn'),
      DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      DeploymentConfigName: { 'Fn::Sub': `CodeDeployDefault.Lambda\${Rollout}` },
      AlarmConfiguration: {
        Enabled: true,
        Alarms: ROLLED_OUT[name]!.alarms.map(alarm => ({ Name: ref(alarm) })),
      },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
    },
  }
}
