/** A resource as the framework has it before it packages. */
type Resource = { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }

/** What decides the names of a stage. */
export type Stage = { readonly service: string; readonly stage: string; readonly region: string }

/** S3's rules for a bucket's name, which is the tightest of all names made of the stage's. */
const LONGEST_BUCKET = 63

/**
 * Why a stage of this name cannot be made; undefined where it can. CloudFormation would find out after
 * minutes, with half of the stack there.
 */
export function stageProblem({ service, stage, region }: Stage): string | undefined {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stage))
    return `stage "${stage}" would be part of the names of buckets, which take lower-case letters and digits with single hyphens between them; use a name such as prod or test-2`
  const bucket = `${service}-${stage}-access-logs-123456789012-${region}`
  const over = bucket.length - LONGEST_BUCKET
  if (over <= 0) return undefined
  return `stage "${stage}" makes bucket names of ${bucket.length} characters in ${region}, and S3 takes ${LONGEST_BUCKET}; use a name of at most ${stage.length - over}`
}

/** Longest names, by the type of a resource and the property that names it (AWS's quotas of each service). */
const LONGEST: readonly (readonly [type: string, property: string, longest: number])[] = [
  ['AWS::Scheduler::Schedule', 'Name', 64],
  ['AWS::StepFunctions::StateMachine', 'StateMachineName', 80],
  ['AWS::KinesisFirehose::DeliveryStream', 'DeliveryStreamName', 64],
  ['AWS::RedshiftServerless::Namespace', 'NamespaceName', 64],
  ['AWS::SQS::Queue', 'QueueName', 80],
]

/** Names of resources that are too long in a stage, with what is to be done. */
export function longNames(resources: Readonly<Record<string, Resource>>): readonly string[] {
  return Object.entries(resources).flatMap(([id, { Type, Properties = {} }]) =>
    LONGEST.flatMap(([type, property, longest]) => {
      const name = Properties[property]
      if (type !== Type || typeof name !== 'string' || name.length <= longest) return []
      return [
        `${id}: "${name}" has ${name.length} characters, and ${type} takes ${longest}; shorten the name by ${name.length - longest}, or that of the stage`,
      ]
    }),
  )
}

/** Parameters of a stack by name: texts as CloudFormation gives them, defaults as the template has them. */
export type Parameters = Readonly<Record<string, unknown>>

/**
 * What a stage that keeps its data has to be told, by parameter: somebody must hear when it is in trouble.
 */
const NEEDED = [
  { parameter: 'AlarmEmail', line: 'alarmEmail: you@example.com', nothing: '' },
  { parameter: 'MonthlyBudget', line: 'monthlyBudget: 200', nothing: '0' },
] as const

/**
 * Why a stage is not deployed yet: nobody would hear its alarms. A stage that is deleted with its data may.
 */
export function unheard(stage: string, keepsData: boolean, parameters: Parameters): string | undefined {
  const missing = NEEDED.filter(({ parameter, nothing }) => String(parameters[parameter] ?? '') === nothing)
  if (!keepsData || missing.length === 0) return undefined
  const lines = missing.map(({ line }) => `  ${line}`).join('\n')
  return `stage ${stage} keeps its data, so its alarms have to reach somebody; add to resources/params.yml:\n${stage}:\n${lines}\nor give ${missing.map(({ line }) => `--param ${line.replace(': ', '=')}`).join(' ')}`
}

/**
 * Which parameters a deployment would change that a stack keeps for life: the length of epochs, by which
 * everything stored is cut, and the partitions it has, whose number only grows (decision 0057).
 *
 * @param deployed of the stack; undefined where there is none
 */
export function changedForLife(deployed: Parameters | undefined, parameters: Parameters): readonly string[] {
  const [epoch, partitions] = [deployed?.['Epoch'], deployed?.['Partitions']]
  const problems: string[] = []
  if (epoch !== undefined && String(epoch) !== String(parameters['Epoch']))
    problems.push(
      `epoch is ${epoch} in the stack, and stays so for its life: with ${parameters['Epoch']} epochs that are published would be cut anew. Deploy with --param epoch=${epoch}, or make a new stage`,
    )
  if (partitions !== undefined && Number(partitions) > Number(parameters['Partitions']))
    problems.push(
      `partitions is ${partitions} in the stack, and only grows; ${parameters['Partitions']} would change nothing. Deploy with --param partitions=${partitions}, or make a new stage`,
    )
  return problems
}

/**
 * Why tokens of an issuer would let in whom nobody meant: without an audience, one that was issued for any
 * other application of the issuer's passes too.
 */
export function withoutAudience({ Issuer, Audience }: Parameters): string | undefined {
  if (String(Issuer ?? '') === '' || String(Audience ?? '') !== '') return undefined
  return `issuer is ${String(Issuer)}, and audience is not given: its tokens for any other application would be let in; add --param audience=<the audience of tokens for this platform>`
}

/** Why a name of the console would lead nowhere: CloudFront answers to no name without its certificate. */
export function withoutCertificate(parameters: Parameters): string | undefined {
  const [domain, certificate] = ['ConsoleDomain', 'ConsoleCertificate'].map(name =>
    String(parameters[name] ?? ''),
  )
  if (domain === '' || certificate !== '') return undefined
  return `consoleDomain is ${domain}, and consoleCertificate is not given; add --param consoleCertificate=<ARN of its certificate in us-east-1>`
}

/** Executions that Lambda leaves to functions without their own, in every account. */
const SHARED = 100

/** Why executions cannot be reserved: Lambda would refuse it half-way. */
export function tooMuchReserved(parameters: Parameters): string | undefined {
  const number = (name: string) => Number(parameters[name] ?? 0)
  const names = ['AuthorizerConcurrency', 'IngestConcurrency', 'SpeedConcurrency']
  const reserved = names.reduce((sum, name) => sum + number(name), 0)
  const most = number('Concurrency') - SHARED
  if (reserved === 0 || reserved <= most) return undefined
  return `authorizerConcurrency, ingestConcurrency and speedConcurrency are ${reserved} together, and of the account's ${number('Concurrency')} (concurrency) Lambda lets ${most} be reserved; give smaller ones`
}
