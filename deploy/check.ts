import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { asl } from './check/asl.ts'
import { cfnLint } from './check/cfn-lint.ts'
import { checkov } from './check/checkov.ts'
import { cloudformationValidate } from './check/cloudformation-validate.ts'
import { denials, unknownTypes } from './check/denials.ts'
import { iam } from './check/iam.ts'
import { keyPolicies } from './check/key-policies.ts'
import { nag } from './check/nag.ts'
import { packageStage } from './check/package.ts'
import { installCheckers } from './check/python.ts'
import { readTemplate } from './check/template.ts'
import { compare, generate, generateMachines } from './generate.ts'
import { scaled } from './scale/scale.ts'

const ROOT = resolve(import.meta.dirname, '..')

/**
 * What is packaged: stages as they are deployed, and prod with what no stage has unless it is asked for
 * (`heavy`, `console`), since a checker may take a condition at its default.
 */
const PACKAGES = [
  { name: 'dev', stage: 'dev', options: [] },
  { name: 'prod', stage: 'prod', options: [] },
  {
    ...{ name: 'prod-whole', stage: 'prod' },
    options: ['--param', 'heavy=true', '--param', 'console=true'],
  },
] as const

/** One checker's findings; none is a pass. `skipped`: why it did not run. */
type Check =
  | { readonly name: string; readonly findings: readonly string[] }
  | { readonly name: string; readonly skipped: string }

/** Runs every checker of the template, the generated files and the state machines. */
async function* checks(folder: string): AsyncGenerator<Check> {
  const machines = await compare(ROOT, await generateMachines(ROOT), [])
  const template = await compare(ROOT, await generate(ROOT))
  const differing = [...machines.changed, ...template.changed, ...template.stale]
  yield { name: 'generated files', findings: differing.map(path => `${path} differs`) }
  yield { name: 'asl-validator', findings: await asl(join(ROOT, 'state-machines')) }
  const checkers = await installCheckers()
  for (const { name, stage, options } of PACKAGES) {
    const file = await packageStage(stage, join(folder, name), options)
    yield { name: `${name}: serverless package`, findings: [] }
    yield { name: `${name}: cloudformation-validate`, findings: cloudformationValidate(file) }
    yield { name: `${name}: cdk-nag`, findings: nag(file) }
    const packaged = await readTemplate(file)
    yield { name: `${name}: IAM`, findings: await iam(packaged) }
    const refused = [...unknownTypes(packaged), ...(await keyPolicies(packaged)), ...denials(packaged)]
    yield { name: `${name}: resource policies`, findings: refused }
    if ('reason' in checkers) yield { name: `${name}: cfn-lint, checkov`, skipped: checkers.reason }
    else {
      yield { name: `${name}: cfn-lint`, findings: await cfnLint(checkers.python, file) }
      yield { name: `${name}: checkov`, findings: await checkov(checkers.python, file) }
    }
  }
}

/** `node deploy/check.ts`: a line a checker, its findings, and exit code 1 when there are any. */
async function check(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-template-'))
  try {
    for await (const check of checks(folder)) {
      if ('skipped' in check) process.stdout.write(`- ${check.name}: skipped: ${check.skipped}\n`)
      else report(check.name, check.findings)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * `node deploy/check.ts --types 1000 [--metrics 1000] [--schedules 140]`: a line a figure that grows with
 * what is declared, and exit code 1 where one is beyond what it may be.
 */
async function scale(given: Readonly<Record<'types' | 'metrics' | 'schedules', string>>): Promise<void> {
  const [types, metrics, schedules] = [given.types, given.metrics, given.schedules].map(Number)
  for await (const { what, value, most } of scaled({
    types: types!,
    metrics: metrics!,
    schedules: schedules!,
  }))
    report(`${what}: ${value} of ${most}`, value > most ? ['beyond it'] : [])
}

async function main(): Promise<void> {
  const text = (value: string) => ({ type: 'string' as const, default: value })
  const options = { types: text(''), metrics: text('1000'), schedules: text('140') }
  const { values } = parseArgs({ options })
  await (values.types === '' ? check() : scale(values))
}

function report(name: string, findings: readonly string[]): void {
  if (findings.length === 0) process.stdout.write(`✓ ${name}\n`)
  else {
    process.stdout.write(`✗ ${name}\n${findings.map(finding => `    ${finding}\n`).join('')}`)
    process.exitCode = 1
  }
}

await main()
