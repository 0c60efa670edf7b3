import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compilePipeline } from '../../core/declare/pipeline.ts'
import type { Template, TemplateResource } from '../../deploy/check/template.ts'
import { generatedFiles } from '../../deploy/generate/files.ts'
import { readMachines } from '../../deploy/generate/machine-files.ts'
import { limitProblems } from '../../deploy/limits.ts'
import { contractOf, metricOf, type Scale, scheduleOf } from '../../deploy/scale/declare.ts'
import StagePlugin from '../../deploy/stage-plugin.mjs'

const machines = await readMachines(join(resolve(import.meta.dirname, '../..'), 'state-machines'))

/** The generated files of the template where so much is declared. */
function generated({ types, metrics, schedules }: Scale): ReadonlyMap<string, string> {
  const declared = <T>(total: number, ending: string, make: (n: number) => T) =>
    Array.from({ length: total }, (_, n) => ({ file: `n${n}${ending}`, declaration: make(n) }))
  const pipeline = compilePipeline({
    contracts: declared(types, '.json', contractOf),
    metrics: declared(metrics, '.ts', n => metricOf(n, types)),
    schedules: declared(schedules, '.ts', scheduleOf),
  })
  return generatedFiles({ pipeline, machines })
}

describe('the template', () => {
  it('is the same with a thousand event types and a thousand metrics as with one of each', () => {
    const one = generated({ types: 1, metrics: 1, schedules: 2 })
    expect(generated({ types: 1000, metrics: 1000, schedules: 2 })).toEqual(one)
  })

  it('has one resource more for every schedule', () => {
    const index = (schedules: number) =>
      generated({ types: 1, metrics: 1, schedules }).get('resources/generated/schedules/index.yml')!
    expect(index(200).split('\n').length - index(100).split('\n').length).toBe(100)
  })
})

describe('a template that AWS would refuse', () => {
  const schedule = { Type: 'AWS::Scheduler::Schedule', Properties: {} }
  const of = (resource: TemplateResource, total = 1): Template => ({
    Resources: Object.fromEntries(Array.from({ length: total }, (_, n) => [`One${n}`, resource])),
  })

  it('is refused for its number of resources, with how many of them are schedules', () => {
    expect(limitProblems(of(schedule, 500))).toEqual([])
    expect(limitProblems(of(schedule, 501))).toEqual([
      'the stack: 501 resources of a stack, and AWS takes 500 (CloudFormation User Guide, Quotas); 501 of its resources are schedules: let one start what several do',
    ])
  })

  it('is refused for its size', () => {
    const long = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'x'.repeat(999_900) } }
    expect(limitProblems(of(long)).join()).toMatch(
      /the template: 1\d{6} bytes of a template, and AWS takes 1000000/,
    )
  })

  it('is refused for the policies of a role, those beside it included, as they are once references are filled in', () => {
    const statements = (total: number) => ({
      Statement: Array(total).fill({
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: { 'Fn::GetAtt': ['A', 'Arn'] },
      }),
    })
    const Resources = {
      Role: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyDocument: statements(35) }] } },
      More: {
        Type: 'AWS::IAM::Policy',
        Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: statements(35) },
      },
    }
    expect(limitProblems({ Resources }).join()).toMatch(
      /^Role: 11\d{3} characters of a role's own policies, and AWS takes 10240/,
    )
    const { More: _, ...alone } = Resources
    expect(limitProblems({ Resources: alone })).toEqual([])
  })

  it('is refused for the environment of a function', () => {
    const Environment = { Variables: { LONG: 'x'.repeat(4_096) } }
    const problems = limitProblems(of({ Type: 'AWS::Lambda::Function', Properties: { Environment } }))
    expect(problems.join()).toMatch(/^One0: 41\d\d bytes of a function's environment, and AWS takes 4096/)
  })

  it('is refused when it is packaged, before anything is deployed', async () => {
    const packaged = (template: Template) => {
      const Parameters = { Epoch: { Default: '1h' }, Horizon: { Default: '24h' } }
      const provider = { compiledCloudFormationTemplate: template }
      const service = { provider, resources: { Parameters } }
      return new StagePlugin({ service }).hooks['after:package:finalize']()
    }
    await expect(packaged(of(schedule, 501))).rejects.toThrow(/501 resources of a stack/)
    await expect(packaged(of(schedule))).resolves.toBeUndefined()
  })
})
