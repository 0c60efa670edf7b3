import type { Template } from './template.ts'

/** ARN of what a reference to a resource gives, with `x` for what is not known before it exists. */
const ARNS: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'arn:x:dynamodb:x:x:table/x',
  'AWS::IAM::Role': 'arn:x:iam::x:role/x',
  'AWS::KMS::Key': 'arn:x:kms:x:x:key/x',
  'AWS::Kinesis::Stream': 'arn:x:kinesis:x:x:stream/x',
  'AWS::KinesisFirehose::DeliveryStream': 'arn:x:firehose:x:x:deliverystream/x',
  'AWS::Lambda::Function': 'arn:x:lambda:x:x:function:x',
  'AWS::Logs::LogGroup': 'arn:x:logs:x:x:log-group:x:*',
  'AWS::RedshiftServerless::Namespace': 'arn:x:redshift-serverless:x:x:namespace/x',
  'AWS::RedshiftServerless::Workgroup': 'arn:x:redshift-serverless:x:x:workgroup/x',
  'AWS::S3::Bucket': 'arn:x:s3:::x',
  'AWS::SQS::Queue': 'arn:x:sqs:x:x:x',
  'AWS::SNS::Topic': 'arn:x:sns:x:x:x',
  'AWS::SecretsManager::Secret': 'arn:x:secretsmanager:x:x:secret:x',
}

/**
 * The ARN that a value of a policy's `Resource` gives, with `x` for what only AWS knows; `*` stays.
 *
 * @throws Error for a value of a form that no policy of this project has
 */
export function arnOf(template: Template, value: unknown): string {
  if (typeof value === 'string') return value
  const [[kind, argument] = ['', undefined]] = Object.entries(value as object)
  if (kind === 'Ref') return arnOfResource(template, argument as string)
  if (kind === 'Fn::GetAtt') return arnOfResource(template, (argument as readonly string[])[0]!)
  if (kind === 'Fn::Sub') return substituted(template, [argument].flat()[0] as string)
  if (kind === 'Fn::Join') {
    const [separator, parts] = argument as readonly [string, readonly unknown[]]
    return parts.map(part => arnOf(template, part)).join(separator)
  }
  throw new Error(`cannot tell the ARN of ${JSON.stringify(value)}`)
}

function arnOfResource({ Resources }: Template, id: string): string {
  if (id.startsWith('AWS::')) return 'x'
  const arn = ARNS[Resources[id]?.Type ?? '']
  if (arn !== undefined) return arn
  throw new Error(
    `the ARN of ${id} (${Resources[id]?.Type}) is not known; add its type to deploy/check/arns.ts`,
  )
}

/**
 * `${Bucket.Arn}/*` and `${Machines}*` are ARNs to go on with; in the middle of an ARN a reference is a name.
 */
function substituted(template: Template, text: string): string {
  const whole = /^\$\{(\w+)(?:\.Arn)?\}(.*)$/.exec(text)
  if (whole?.[1] === 'Machines') return `arn:x:states:x:x:stateMachine:x${whole[2]}`
  if (whole !== null) return arnOfResource(template, whole[1]!) + whole[2]
  return text.replaceAll(/\$\{[^}]+\}/g, 'x')
}
