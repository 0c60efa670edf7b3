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

/** Every statement of every policy in a template. */
export function statementsOf({ Resources }: Template): readonly PolicyStatement[] {
  return Object.entries(Resources).flatMap(([id, resource]) =>
    policiesOf(resource).flatMap(({ kind, document }) => {
      const { Statement = [] } = document as { Statement?: readonly unknown[] }
      return Statement.map((statement, i) => readStatement(`${id}, statement ${i + 1}`, kind, statement))
    }),
  )
}

type Policy = { readonly kind: PolicyStatement['kind']; readonly document: unknown }

function policiesOf({ Type, Properties = {} }: TemplateResource): readonly Policy[] {
  if (Type === 'AWS::KMS::Key') return [{ kind: 'resource', document: Properties['KeyPolicy'] }]
  if (Type === 'AWS::IAM::Role') {
    const policies = (Properties['Policies'] ?? []) as readonly { readonly PolicyDocument: unknown }[]
    return policies.map(({ PolicyDocument }) => ({ kind: 'identity', document: PolicyDocument }))
  }
  const document = Properties['PolicyDocument']
  if (document === undefined) return []
  return [{ kind: Type.startsWith('AWS::IAM::') ? 'identity' : 'resource', document }]
}

function readStatement(place: string, kind: PolicyStatement['kind'], value: unknown): PolicyStatement {
  const statement = (isIf(value) ? value['Fn::If'][1] : value) as {
    readonly Effect: string
    readonly Action: string | readonly string[]
    readonly Resource?: unknown
  }
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
