import { filledSize as size } from './check/filled-size.ts'
import { documentsOf } from './check/statements.ts'
import type { Template, TemplateResource } from './check/template.ts'

/** Something of a template that AWS takes only so much of. */
export type Limit = {
  /** What is counted, as its value's unit too: `characters of the policies of a role`. */
  readonly what: string
  readonly most: number
  /** Whose word it is. */
  readonly document: string
  readonly of: (template: Template) => readonly Measured[]
}

/** How much of it a template has, and where. */
export type Measured = { readonly place: string; readonly value: number }

const count = (type: string) => (template: Template) => [
  { place: 'the stack', value: ofType(template, type).length },
]
const CLOUDFORMATION = 'CloudFormation User Guide, Quotas'

/**
 * Quotas that a template of this kind could come to, or that a release of ours could. What depends on how
 * many event types and metrics there are is none of the template (docs/decisions/0060-tables-of-athena.md);
 * a schedule is a resource.
 */
export const LIMITS: readonly Limit[] = [
  {
    ...{ what: 'resources of a stack', most: 500, document: CLOUDFORMATION },
    of: ({ Resources }) => [{ place: 'the stack', value: Object.keys(Resources).length }],
  },
  {
    ...{ what: 'bytes of a template', most: 1_000_000, document: CLOUDFORMATION },
    // As the framework writes it.
    of: template => [{ place: 'the template', value: Buffer.byteLength(JSON.stringify(template, null, 2)) }],
  },
  ...(['Parameters', 'Outputs', 'Mappings'] as const).map(section => ({
    ...{ what: `${section.toLowerCase()} of a template`, most: 200, document: CLOUDFORMATION },
    of: (template: Template) => [
      { place: 'the template', value: Object.keys((template as Sections)[section] ?? {}).length },
    ],
  })),
  {
    ...{ what: "characters of a role's own policies", most: 10_240, document: 'IAM User Guide, IAM quotas' },
    of: template => [...policiesOfRoles(template)].map(([place, value]) => ({ place, value })),
  },
  policies('AWS::IAM::ManagedPolicy', 'characters of a managed policy', 6_144, 'IAM User Guide, IAM quotas'),
  policies(
    'AWS::S3::BucketPolicy',
    'bytes of the policy of a bucket',
    20_480,
    'S3 User Guide, Bucket policies',
  ),
  policies('AWS::KMS::Key', 'bytes of the policy of a key', 32_768, 'KMS Developer Guide, Quotas'),
  policies('AWS::SNS::TopicPolicy', 'bytes of the policy of a topic', 30_720, 'SNS Developer Guide, Quotas'),
  {
    ...{ what: "bytes of a function's environment", most: 4_096, document: 'Lambda Developer Guide, Quotas' },
    of: template => each(template, 'AWS::Lambda::Function', ({ Environment }) => size(Environment)),
  },
  {
    ...{
      what: "bytes of a state machine's definition",
      most: 1_048_576,
      document: 'Step Functions Developer Guide, Quotas',
    },
    of: template => each(template, 'AWS::StepFunctions::StateMachine', ({ Definition }) => size(Definition)),
  },
  {
    what: 'routes of an API',
    most: 300,
    document: 'API Gateway Developer Guide, Quotas',
    of: count('AWS::ApiGatewayV2::Route'),
  },
  {
    what: 'integrations of an API',
    most: 300,
    document: 'API Gateway Developer Guide, Quotas',
    of: count('AWS::ApiGatewayV2::Integration'),
  },
  {
    what: 'alarms of a CodeDeploy deployment group',
    most: 10,
    document: 'CodeDeploy User Guide, Quotas',
    of: template =>
      each(
        template,
        'AWS::CodeDeploy::DeploymentGroup',
        ({ AlarmConfiguration }) =>
          ((AlarmConfiguration as { Alarms?: readonly unknown[] } | undefined)?.Alarms ?? []).length,
      ),
  },
  {
    ...{ what: 'notifications of a bucket', most: 100, document: 'S3 User Guide, Event notifications' },
    of: template =>
      each(
        template,
        'AWS::S3::Bucket',
        ({ NotificationConfiguration = {} }) =>
          Object.values(NotificationConfiguration as object).flat().length,
      ),
  },
]

/** Where a template goes beyond what AWS takes, and what is to be done about it. */
export function limitProblems(template: Template): readonly string[] {
  const schedules = ofType(template, 'AWS::Scheduler::Schedule').length
  return LIMITS.flatMap(({ what, most, document, of }) =>
    of(template)
      .filter(({ value }) => value > most)
      .map(({ place, value }) => {
        const remedy = `${schedules} of its resources are schedules: let one start what several do`
        return `${place}: ${value} ${what}, and AWS takes ${most} (${document})${place.startsWith('the ') ? `; ${remedy}` : ''}`
      }),
  )
}

type Sections = Template & Readonly<Partial<Record<'Parameters' | 'Outputs' | 'Mappings', object>>>

function ofType({ Resources }: Template, type: string): readonly (readonly [string, TemplateResource])[] {
  return Object.entries(Resources).filter(([, { Type }]) => Type === type)
}

function each(
  template: Template,
  type: string,
  value: (properties: Readonly<Record<string, unknown>>) => number,
): readonly Measured[] {
  return ofType(template, type).map(([place, { Properties = {} }]) => ({ place, value: value(Properties) }))
}

function policies(type: string, what: string, most: number, document: string): Limit {
  const of = (template: Template) =>
    ofType(template, type).flatMap(([place, resource]) =>
      documentsOf(resource).map(one => ({ place, value: size(one.document) })),
    )
  return { what, most, document, of }
}

/** IAM counts all policies of a role that are not managed together; some stand beside the role. */
function policiesOfRoles(template: Template): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const [id, resource] of Object.entries(template.Resources)) {
    if (!/^AWS::IAM::(Role|Policy|RolePolicy)$/.test(resource.Type)) continue
    const { Roles, RoleName } = resource.Properties ?? {}
    const [owner] = resource.Type === 'AWS::IAM::Role' ? [id] : [Roles ?? RoleName].flat().map(nameOf)
    for (const { document } of documentsOf(resource))
      sizes.set(owner!, (sizes.get(owner!) ?? 0) + size(document))
  }
  return sizes
}

function nameOf(role: unknown): string {
  return String((role as { readonly Ref?: string }).Ref ?? role)
}
