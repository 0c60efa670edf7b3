import type { ScheduleDeclaration } from '../../core/declare/schedule.ts'
import { TributaryError } from '../../core/errors.ts'
import { awsCron } from './aws-cron.ts'
import { attribute, pascal, type Resources, ref, STACK, type Value } from './cloudformation.ts'
import type { MachineFile } from './machine-files.ts'
import { isHeavy } from './machine-grants.ts'

/**
 * A declared schedule as one of EventBridge Scheduler, which starts the machine. A start that fails for an
 * hour becomes a dead letter.
 *
 * @throws TributaryError `invalid_declaration` for a machine that does not exist, or a cron expression AWS
 * cannot say
 */
export function scheduleResource(schedule: ScheduleDeclaration, machines: readonly MachineFile[]): Resources {
  const machine = machines.find(({ name }) => name === schedule.machine)
  if (machine === undefined)
    throw new TributaryError(
      'invalid_declaration',
      `schedule ${schedule.name}: there is no state-machines/${schedule.machine}.asl.json; use one of ${machines.map(({ name }) => name).join(', ')}`,
    )
  return {
    [`${pascal(schedule.name)}Schedule`]: {
      Type: 'AWS::Scheduler::Schedule',
      ...(isHeavy(machine) ? { Condition: 'WithHeavy' } : {}),
      Properties: {
        Name: `${STACK}-${schedule.name}`,
        Description: schedule.description ?? `Starts ${schedule.machine}`,
        GroupName: ref('ScheduleGroup'),
        State: { 'Fn::If': ['WithSchedules', 'ENABLED', 'DISABLED'] },
        ScheduleExpression: expressionOf(schedule),
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        KmsKeyArn: attribute('DataKey', 'Arn'),
        Target: {
          Arn: ref(`${pascal(schedule.machine)}Machine`),
          RoleArn: attribute('ScheduleRole', 'Arn'),
          Input: JSON.stringify(schedule.input ?? {}),
          RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 },
          DeadLetterConfig: { Arn: attribute('DeadLetterQueue', 'Arn') },
        },
      },
    },
  }
}

function expressionOf({ name, when }: ScheduleDeclaration): Value {
  if (when === 'epoch-close') return { 'Fn::FindInMap': ['Epochs', ref('Epoch'), 'Close'] }
  return `cron(${awsCron(name, when.cron)})`
}
