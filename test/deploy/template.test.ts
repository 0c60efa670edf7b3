import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asl } from '../../deploy/check/asl.ts'
import { cfnLint } from '../../deploy/check/cfn-lint.ts'
import { checkov } from '../../deploy/check/checkov.ts'
import { cloudformationValidate } from '../../deploy/check/cloudformation-validate.ts'
import { denials, unknownTypes } from '../../deploy/check/denials.ts'
import { iam } from '../../deploy/check/iam.ts'
import { keyPolicies } from '../../deploy/check/key-policies.ts'
import { nag } from '../../deploy/check/nag.ts'
import { packageTemplate } from '../../deploy/check/package.ts'
import { installCheckers } from '../../deploy/check/python.ts'
import { readTemplate } from '../../deploy/check/template.ts'
import { limitProblems } from '../../deploy/limits.ts'
import { METRICS } from '../../functions/observability/telemetry.ts'
import { RESOURCE_COSTS } from '../../local/estimate/resource-costs.ts'
import { metricsOf, readStack } from '../../local/estimate/stack.ts'
import { type Alarm, stateOf } from './alarm-state.ts'
import { ALARMS, VALUES } from './alarms.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PATIENCE_MS = 600_000

const checkers = await installCheckers()
if ('reason' in checkers) console.warn(`skipped: cfn-lint and checkov: ${checkers.reason}`)

/**
 * Production, with Spark and the console, which no stage has unless it is asked for. `npm run template`
 * packages bundles and all, and checks the other stages too.
 */
describe('the template, packaged with no credentials', { timeout: PATIENCE_MS }, () => {
  let folder: string
  let file: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-template-'))
    file = await packageTemplate('prod', folder, ['--param', 'heavy=true', '--param', 'console=true'])
  }, PATIENCE_MS)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it("stays within AWS's quotas, and has room for 140 schedules", async () => {
    const { Resources, ...rest } = await readTemplate(file)
    expect(limitProblems({ ...rest, Resources })).toEqual([])
    const declared = Object.entries(Resources).filter(([id]) => id.endsWith('Schedule'))
    expect(declared.length).toBeGreaterThan(2)
    const many = Array.from({ length: 140 }, (_, n) => [`Nightly${n}Schedule`, declared[0]![1]] as const)
    const others = Object.entries(Resources).filter(([id]) => !id.endsWith('Schedule'))
    expect(limitProblems({ ...rest, Resources: Object.fromEntries([...others, ...many]) })).toEqual([])
  })

  it('has the alarms that docs/operations.md names, and no others', async () => {
    const text = await readFile(join(ROOT, 'docs/operations.md'), 'utf8')
    const { Resources } = await readTemplate(file)
    const alarms = Object.values(Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    expect(alarms.length).toBeGreaterThan(15)
    for (const { Properties = {} } of alarms) {
      const name = String(Properties['AlarmName']).replace('tributary-prod-', '')
      expect(text, name).toContain(documented(name))
    }
    const names = alarms.map(({ Properties = {} }) =>
      String(Properties['AlarmName']).replace('tributary-prod-', ''),
    )
    const known = new Set(names.flatMap(name => [documented(name), `\`${name}\``]))
    for (const row of alarmRows(text))
      for (const [name] of row.split(' | ')[0]!.matchAll(/`[^`]+`/g)) expect(known, row).toContain(name)
  })

  it('says of every alarm where to look and what to run', async () => {
    const rows = alarmRows(await readFile(join(ROOT, 'docs/operations.md'), 'utf8'))
    expect(rows.length).toBeGreaterThan(20)
    for (const row of rows)
      expect(
        row
          .slice(2, -2)
          .split(' | ')
          .filter(cell => cell.trim() !== ''),
        row,
      ).toHaveLength(4)
  })

  it('has alarms that each tell what they are for, and nothing else', async () => {
    const { Resources } = await readTemplate(file)
    const alarms = Object.values(Resources)
      .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
      .map(({ Properties = {} }) => Properties as unknown as Alarm)
    for (const alarm of alarms) {
      const name = alarm.AlarmName.replace('tributary-prod-', '')
      const kind = /-(runs-fail|runs-hang|fails)$/.exec(name)?.[1]
      const told = ALARMS[name] ?? ALARMS[kind ?? '']
      expect(told, `${name} is in test/deploy/alarms.ts`).toBeDefined()
      for (const series of told!.quiet)
        expect(stateOf(alarm, series, VALUES), `${name} at ${JSON.stringify(series)}`).toBe('OK')
      for (const series of told!.told)
        expect(stateOf(alarm, series, VALUES), `${name} at ${JSON.stringify(series)}`).toBe('ALARM')
    }
    const names = alarms.map(({ AlarmName }) => AlarmName)
    for (const name of Object.keys(ALARMS))
      expect(
        names.some(one => one.endsWith(name)),
        name,
      ).toBe(true)
  })

  it('has alarms on metrics that the functions write', async () => {
    const { Resources } = await readTemplate(file)
    const ours = Object.values(Resources).filter(
      ({ Properties = {} }) => Properties['Namespace'] === 'Tributary',
    )
    expect(ours.length).toBeGreaterThan(1)
    for (const { Properties = {} } of ours) expect(Object.keys(METRICS)).toContain(Properties['MetricName'])
  })

  it('has a cost, or a reason that it has none, for every type of resource', async () => {
    const { Resources } = await readTemplate(file)
    for (const { Type } of Object.values(Resources)) expect(Object.keys(RESOURCE_COSTS)).toContain(Type)
  })

  it('has the alarms and billed resources that the cost estimate reads from its parts', async () => {
    const all = Object.values((await readTemplate(file)).Resources)
    // Those that prod has, as it is.
    const asked = ['WithHeavy', 'WithConsole']
    const resources = all.filter(one => !asked.includes((one as { Condition?: string }).Condition ?? 'none'))
    expect(resources.length).toBeLessThan(all.length)
    const stack = await readStack('prod')
    const ofType = (type: string) => resources.filter(({ Type }) => Type === type)
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::KMS::Key', 'AWS::Kinesis::Stream'])
      expect(stack.count(type), type).toBe(ofType(type).length)
    for (const type of ['AWS::SecretsManager::Secret', 'AWS::ApiGatewayV2::Route', 'AWS::DynamoDB::Table'])
      expect(stack.count(type), type).toBe(ofType(type).length)
    const metrics = ofType('AWS::CloudWatch::Alarm').map(alarm => metricsOf(alarm as never))
    expect(stack.alarmMetrics).toBe(metrics.reduce((all, one) => all + one, 0))
  })

  it('is tagged as a stack, and has a budget that asks for its tag', async () => {
    const { Resources } = await readTemplate(file)
    const tags = { Project: 'tributary', Stage: 'prod', Stack: 'tributary-prod' }
    const state = JSON.parse(await readFile(join(dirname(file), 'serverless-state.json'), 'utf8'))
    // CloudFormation hands the tags of a stack on to every resource that takes tags.
    expect(state.service.provider.stackTags).toEqual(tags)
    const { Budget } = Resources['StackBudget']!.Properties as { Budget: { CostFilters: object } }
    const value = { 'Fn::Join': ['$', ['user:Stack', 'tributary-prod']] }
    expect(Budget.CostFilters).toEqual({ TagKeyValue: [value] })
  })

  it('lets nobody reach the warehouse but from an address that is given, by TLS', async () => {
    const { Resources } = await readTemplate(file)
    const workgroup = Resources['WarehouseWorkgroup']!.Properties!
    expect(workgroup['PubliclyAccessible']).toEqual({ 'Fn::If': ['WithWarehousePublic', true, false] })
    expect(workgroup['ConfigParameters']).toContainEqual({
      ...{ ParameterKey: 'require_ssl', ParameterValue: 'true' },
    })
    const ways = Object.values(Resources).filter(({ Type }) => Type === 'AWS::EC2::SecurityGroupIngress')
    expect(ways.map(({ Properties }) => Properties!['CidrIp'])).toEqual([{ Ref: 'WarehouseFrom' }])
    expect(Resources['WarehouseSecurityGroup']!.Properties).not.toHaveProperty('SecurityGroupIngress')
    const { Conditions } = JSON.parse(await readFile(file, 'utf8'))
    expect(JSON.stringify(Conditions['WithWarehousePublic'])).toContain('WithWarehouseAccess')
  })

  it('moves ingest, speed and the query to a version that says what it is made of, speed first', async () => {
    const { Resources } = await readTemplate(file)
    for (const id of ['Speed', 'Ingest', 'Metrics']) {
      const { 'Fn::Sub': substituted } = Resources[`${id}Version`]!.Properties!['Description'] as Described
      const [description] = [substituted].flat()
      // A parameter that the function is told makes another version, too.
      expect(description).toMatch(/^[0-9a-f]{16} .*\$\{Epoch\}.*\$\{Warehouse\}/)
      const { UpdatePolicy } = Resources[`${id}Alias`] as { UpdatePolicy?: object }
      expect(UpdatePolicy).toHaveProperty('CodeDeployLambdaAliasUpdate')
    }
    for (const id of ['IngestAlias', 'MetricsAlias'])
      expect(dependenciesOf(Resources[id])).toContain('SpeedAlias')
    for (const id of ['Ingest', 'ReplayRejected', 'FileIngest'])
      expect(dependenciesOf(Resources[`${id}LambdaFunction`])).toContain('SpeedLambdaFunction')
    const called = JSON.stringify([Resources['SpeedMapping'], Resources['IngestIntegration']])
    expect(called).toMatch(/"Fn::If":\["WithRollout",\{"Ref":"SpeedAlias"\}.*"Ref":"IngestAlias"/)
  })

  it("passes AWS's own validator", () => {
    expect(cloudformationValidate(file)).toEqual([])
  })

  it('passes the AwsSolutions pack of cdk-nag, every suppression with its reason', () => {
    expect(nag(file)).toEqual([])
  })

  it('allows only actions that exist, on resources they take', async () => {
    expect(await iam(await readTemplate(file))).toEqual([])
  })

  it('may be made, changed and deleted, as far as the policies of its resources go', async () => {
    const template = await readTemplate(file)
    expect(unknownTypes(template)).toEqual([])
    expect(await keyPolicies(template)).toEqual([])
    expect(denials(template)).toEqual([])
  })

  it.skipIf('reason' in checkers)('passes cfn-lint', async () => {
    if ('python' in checkers) expect(await cfnLint(checkers.python, file)).toEqual([])
  })

  it.skipIf('reason' in checkers)('passes checkov, every skip with its comment', async () => {
    if ('python' in checkers) expect(await checkov(checkers.python, file)).toEqual([])
  })
})

describe('a stage that is deployed anew beside what its removal left', { timeout: PATIENCE_MS }, () => {
  it('has no name that was there before', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-template-'))
    try {
      const file = await packageTemplate('prod', folder, ['--param', 'suffix=-2'])
      const { Resources } = await readTemplate(file)
      const names = Object.entries(Resources).flatMap(([id, { Properties = {} }]) =>
        Object.entries(Properties)
          .filter(([key]) => /Name$/.test(key))
          .map(([key, value]) => ({ id, key, text: JSON.stringify(value) })),
      )
      expect(names.filter(({ text }) => text.includes('tributary-prod-2')).length).toBeGreaterThan(100)
      for (const { id, key, text } of names) expect(text, `${id}.${key}`).not.toMatch(/tributary-prod(?!-2)/)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('the state machines', () => {
  it('pass asl-validator', async () => {
    expect(await asl(join(ROOT, 'state-machines'))).toEqual([])
  })
})

/** Rows of the table of alarms: it stands above the first heading. */
function alarmRows(page: string): readonly string[] {
  const table = page.slice(0, page.indexOf('\n## '))
  return table.split('\n').filter(line => line.startsWith('| `'))
}

type Described = { readonly 'Fn::Sub': string | readonly [string, object] }

function dependenciesOf(resource: object | undefined): unknown {
  return (resource as { readonly DependsOn?: unknown } | undefined)?.DependsOn
}

/**
 * Alarms of machines and functions are documented by their kind: `<machine>-runs-fail`, `<function>-fails`.
 */
function documented(name: string): string {
  const [, kind] = /-(runs-fail|runs-hang|fails)$/.exec(name) ?? []
  if (kind === 'fails') return '`<function>-fails`'
  return kind === undefined ? `\`${name}\`` : `\`<machine>-${kind}\``
}
