import type { Template, TemplateResource } from './template.ts'

/** A statement of a policy and where it stands. */
export type PolicyStatement = {
  readonly place: string
  /**
   * `identity`: what a role may do. `resource`: who may use the resource that holds the policy; `*` in it is
   * that resource.
   */
  readonly kind: 'identity' | 'resource'
  readonly isDenial: boolean
  readonly actions: readonly string[]
  readonly resources: readonly unknown[]
}

/** A statement as it is written. */
export type Statement = {
  readonly Effect: string
  readonly Principal?: unknown
  readonly Action: string | readonly string[]
  readonly NotAction?: string | readonly string[]
  readonly Resource?: unknown
  readonly Condition?: unknown
}

/** Every statement of every policy in a template. */
export function statementsOf({ Resources }: Template): readonly PolicyStatement[] {
  return Object.entries(Resources).flatMap(([id, resource]) =>
    documentsOf(resource).flatMap(({ kind, document }) =>
      statementsIn(document).map((statement, i) =>
        readStatement(`${id}, statement ${i + 1}`, kind, statement),
      ),
    ),
  )
}

export type PolicyDocument = { readonly kind: PolicyStatement['kind']; readonly document: unknown }

/** The policies that a resource is or has. */
export function documentsOf({ Type, Properties = {} }: TemplateResource): readonly PolicyDocument[] {
  if (Type === 'AWS::KMS::Key') return [{ kind: 'resource', document: Properties['KeyPolicy'] }]
  if (Type === 'AWS::IAM::Role') {
    const policies = (Properties['Policies'] ?? []) as readonly { readonly PolicyDocument: unknown }[]
    return policies.map(({ PolicyDocument }) => ({ kind: 'identity', document: PolicyDocument }))
  }
  const document = Properties['PolicyDocument']
  if (document === undefined) return []
  return [{ kind: Type.startsWith('AWS::IAM::') ? 'identity' : 'resource', document }]
}

/** The statements of a document; one under a condition as it is where the condition holds. */
export function statementsIn(document: unknown): readonly Statement[] {
  const { Statement = [] } = (document ?? {}) as { readonly Statement?: readonly unknown[] }
  return Statement.map(value => (isIf(value) ? value['Fn::If'][1] : value) as Statement)
}

function readStatement(place: string, kind: PolicyStatement['kind'], statement: Statement): PolicyStatement {
  return {
    place,
    kind,
    isDenial: statement.Effect === 'Deny',
    actions: [statement.Action].flat(),
    resources: [statement.Resource].flat(),
  }
}

/** A statement under a condition: what holds where the condition does. */
function isIf(value: unknown): value is { readonly 'Fn::If': readonly [string, unknown, unknown] } {
  return typeof value === 'object' && value !== null && 'Fn::If' in value
}
