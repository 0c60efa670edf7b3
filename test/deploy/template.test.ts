import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asl } from '../../deploy/check/asl.ts'
import { cfnLint } from '../../deploy/check/cfn-lint.ts'
import { checkov } from '../../deploy/check/checkov.ts'
import { cloudformationValidate } from '../../deploy/check/cloudformation-validate.ts'
import { iam } from '../../deploy/check/iam.ts'
import { nag } from '../../deploy/check/nag.ts'
import { packageTemplate } from '../../deploy/check/package.ts'
import { installCheckers } from '../../deploy/check/python.ts'
import { readTemplate } from '../../deploy/check/template.ts'
import { METRICS } from '../../functions/observability/telemetry.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PATIENCE_MS = 600_000

/** CloudFormation's quotas: resources of a stack, and bytes of a template in S3. */
const MAX_RESOURCES = 500
const MAX_TEMPLATE = 1_000_000

const checkers = await installCheckers()
if ('reason' in checkers) console.warn(`skipped: cfn-lint and checkov: ${checkers.reason}`)

/**
 * Production, every condition on. `npm run template` packages bundles and all, and checks the other stages
 * too.
 */
describe('the template, packaged with no credentials', { timeout: PATIENCE_MS }, () => {
  let folder: string
  let file: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-template-'))
    file = await packageTemplate('prod', folder)
  }, PATIENCE_MS)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('stays within the quotas of CloudFormation', async () => {
    expect((await stat(file)).size).toBeLessThan(MAX_TEMPLATE)
    expect(Object.keys((await readTemplate(file)).Resources).length).toBeLessThan(MAX_RESOURCES)
  })

  it('names every alarm in docs/operations.md', async () => {
    const text = await readFile(join(ROOT, 'docs/operations.md'), 'utf8')
    const { Resources } = await readTemplate(file)
    const alarms = Object.values(Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    expect(alarms.length).toBeGreaterThan(15)
    for (const { Properties = {} } of alarms) {
      const name = String(Properties['AlarmName']).replace('tributary-prod-', '')
      expect(text, name).toContain(documented(name))
    }
  })

  it('has alarms on metrics that the functions write', async () => {
    const { Resources } = await readTemplate(file)
    const ours = Object.values(Resources).filter(
      ({ Properties = {} }) => Properties['Namespace'] === 'Tributary',
    )
    expect(ours.length).toBeGreaterThan(1)
    for (const { Properties = {} } of ours) expect(Object.keys(METRICS)).toContain(Properties['MetricName'])
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

  it.skipIf('reason' in checkers)('passes cfn-lint', async () => {
    if ('python' in checkers) expect(await cfnLint(checkers.python, file)).toEqual([])
  })

  it.skipIf('reason' in checkers)('passes checkov, every skip with its comment', async () => {
    if ('python' in checkers) expect(await checkov(checkers.python, file)).toEqual([])
  })
})

describe('the state machines', () => {
  it('pass asl-validator', async () => {
    expect(await asl(join(ROOT, 'state-machines'))).toEqual([])
  })
})

/**
 * Alarms of machines and functions are documented by their kind: `<machine>-runs-fail`, `<function>-fails`.
 */
function documented(name: string): string {
  const [, kind] = /-(runs-fail|runs-hang|fails)$/.exec(name) ?? []
  if (kind === 'fails') return '`<function>-fails`'
  return kind === undefined ? `\`${name}\`` : `\`<machine>-${kind}\``
}
