import type { LambdaFunction } from '../../functions/routes/lambda-function.ts'
import {
  arn,
  nagReason,
  pascal,
  type Resource,
  type Resources,
  ref,
  STACK,
  type Value,
} from './cloudformation.ts'
import { RIGHTS } from './grants.ts'
import { allow, USE_KEY, unique } from './statements.ts'

const WILDCARDS =
  'Keys of objects, log streams, executions and tables are made at run time: each wildcard stays within one prefix, log group or name of this stack. Grants: deploy/generate/grants.ts.'

/** Why `*` stands as a resource, where it does. */
const STATEMENT_IDS =
  'redshift-data:DescribeStatement and its like have no resource; a condition leaves them the statements of this very role.'

/**
 * The role of one function: the rights of its row, its own log, and traces. Only who may do nothing touches
 * nothing encrypted.
 */
export function roleOf(name: string, { may }: Pick<LambdaFunction, 'may'>): Resources {
  const granted = may.flatMap((right): readonly Value[] => RIGHTS[right])
  const log = allow(
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    arn('logs', `log-group:/aws/lambda/${STACK}-${name}:*`),
  )
  const statements = unique([log, ...(may.length === 0 ? [] : [USE_KEY]), ...granted])
  const hasStar = JSON.stringify(statements).includes('"Resource":"*"')
  const role: Resource = {
    Type: 'AWS::IAM::Role',
    Metadata: nagReason('AwsSolutions-IAM5', hasStar ? `${WILDCARDS} ${STATEMENT_IDS}` : WILDCARDS),
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ],
      },
      ManagedPolicyArns: [ref('TracingPolicy')],
      Policies: [{ PolicyName: name, PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
    },
  }
  return { [`${pascal(name)}Role`]: role }
}
