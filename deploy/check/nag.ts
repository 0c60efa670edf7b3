import { App, CfnResource, Stack } from 'aws-cdk-lib'
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include'
import { AwsSolutionsChecks } from 'cdk-nag'

type Suppression = { readonly id: string; readonly reason: string }
type Violation = { readonly resource: CfnResource; readonly rule: string; readonly description: string }

/** Shortest reason that can explain anything. */
const SHORTEST_REASON = 20

/**
 * What cdk-nag's AwsSolutions pack finds in a template beside what each resource's own `Metadata.cdk_nag`
 * explains. A suppression without a reason, or of nothing, is a finding too.
 */
export function nag(templateFile: string): readonly string[] {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Checked')
  new CfnInclude(stack, 'Template', { templateFile })
  const resources = stack.node.findAll().filter(node => CfnResource.isCfnResource(node))
  const violations = violationsOf(stack, resources)
  return resources.flatMap(resource => {
    const suppressions = suppressionsOf(resource)
    const found = violations.filter(violation => violation.resource === resource)
    return [
      ...found
        .filter(({ rule }) => !suppressions.some(({ id }) => covers(id, rule)))
        .map(({ rule, description }) => `${resource.node.id}: ${rule}: ${description}`),
      ...suppressions
        .filter(({ reason }) => reason.length < SHORTEST_REASON)
        .map(({ id }) => `${resource.node.id}: ${id} is suppressed without a reason`),
      ...suppressions
        .filter(({ id }) => !found.some(({ rule }) => covers(id, rule)))
        .map(({ id }) => `${resource.node.id}: ${id} is suppressed, but does not occur`),
    ]
  })
}

/** A rule with several findings names each: `AwsSolutions-IAM5[Resource::…]`. */
function covers(id: string, rule: string): boolean {
  return rule === id || rule.startsWith(`${id}[`)
}

function violationsOf(stack: Stack, resources: readonly CfnResource[]): readonly Violation[] {
  const byPath = new Map(resources.map(resource => [resource.node.path, resource]))
  const { violations } = new AwsSolutionsChecks(undefined, { verbose: true }).validateScope(stack)
  return violations.flatMap(({ ruleName, description, violatingResources = [] }) =>
    violatingResources.map(({ constructPath = '' }) => ({
      resource: byPath.get(constructPath)!,
      rule: ruleName,
      description,
    })),
  )
}

function suppressionsOf(resource: CfnResource): readonly Suppression[] {
  const metadata = resource.getMetadata('cdk_nag') as
    | { readonly rules_to_suppress?: readonly Suppression[] }
    | undefined
  return metadata?.rules_to_suppress ?? []
}
