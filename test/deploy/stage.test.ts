import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changedForLife, longNames, stageProblem, unheard, withoutCertificate } from '../../deploy/stage.ts'
import StagePlugin from '../../deploy/stage-plugin.mjs'

const at = (stage: string, region = 'eu-central-1') => stageProblem({ service: 'tributary', stage, region })

describe('the name of a stage', () => {
  it('may be what buckets can be called', () => {
    for (const stage of ['dev', 'prod', 'test-2', 'a', '7', 'team-x-staging'])
      expect(at(stage)).toBeUndefined()
  })

  for (const stage of ['Prod', 'feature_x', 'feature/x', '-dev', 'dev-', 'a--b', 'dév', 'a.b', ''])
    it(`is refused where no bucket can be called so: "${stage}"`, () => {
      expect(at(stage)).toMatch(/lower-case letters and digits.*use a name such as prod/)
    })

  it('is refused where it makes names too long, and told how long it may be in the region', () => {
    expect(at('a'.repeat(15))).toBeUndefined()
    expect(at('a'.repeat(16))).toMatch(
      /64 characters in eu-central-1, and S3 takes 63; use a name of at most 15/,
    )
    expect(at('a'.repeat(14), 'ap-northeast-1')).toMatch(/at most 13/)
  })

  it('that is let pass makes names that S3 takes', () => {
    const stage = fc.string({ unit: fc.constantFrom(...'abz09-_.A'), minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(stage, fc.constantFrom('eu-central-1', 'us-east-1', 'ap-northeast-1'), (name, region) => {
        if (at(name, region) !== undefined) return
        for (const kind of ['lake', 'access-logs'])
          expect(`tributary-${name}-${kind}-123456789012-${region}`).toMatch(
            /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
          )
      }),
    )
  })
})

describe('the name of a resource', () => {
  it('is refused where the service takes no name as long', () => {
    const named = (length: number) => ({
      Nightly: { Type: 'AWS::Scheduler::Schedule', Properties: { Name: 'x'.repeat(length) } },
    })
    expect(longNames(named(64))).toEqual([])
    expect(longNames(named(66)).join()).toMatch(/Nightly: .*66 characters.*takes 64; shorten the name by 2/)
  })
})

describe('a stage that keeps its data', () => {
  it('is deployed only with somebody to hear its alarms, and a budget', () => {
    expect(unheard('prod', true, { AlarmEmail: '', MonthlyBudget: 0 })).toBe(
      [
        'stage prod keeps its data, so its alarms have to reach somebody; add to resources/params.yml:',
        ...['prod:', '  alarmEmail: you@example.com', '  monthlyBudget: 200'],
        'or give --param alarmEmail=you@example.com --param monthlyBudget=200',
      ].join('\n'),
    )
    expect(unheard('prod', true, { AlarmEmail: 'a@b.c', MonthlyBudget: '0' })).toMatch(
      /:\n {2}monthlyBudget: 200\n/,
    )
    expect(unheard('prod', true, { AlarmEmail: 'a@b.c', MonthlyBudget: 50 })).toBeUndefined()
    expect(unheard('dev', false, { AlarmEmail: '', MonthlyBudget: 0 })).toBeUndefined()
  })
})

describe('partitions and the length of an epoch', () => {
  it('of a stack: the one only grows, the other stays as it is', () => {
    const deployed = { Partitions: '8', Epoch: '1h', Freshness: '10' }
    expect(changedForLife(undefined, { Partitions: 16, Epoch: '1h' })).toEqual([])
    expect(changedForLife(deployed, { Partitions: 8, Epoch: '1h', Freshness: 1 })).toEqual([])
    expect(changedForLife(deployed, { Partitions: 16, Epoch: '1h' })).toEqual([])
    expect(changedForLife(deployed, { Partitions: 4, Epoch: '15m' })).toEqual([
      expect.stringMatching(/epoch is 1h in the stack.*--param epoch=1h/),
      expect.stringMatching(/partitions is 8 in the stack, and only grows.*--param partitions=8/),
    ])
  })
})

describe('the plugin of stages', () => {
  /** What the plugin sees of osls. */
  function plugin({
    stage = 'prod',
    command = 'package',
    params = {},
    stack = undefined as object[] | undefined,
  }) {
    const parameters = { AlarmEmail: 'a@b.c', MonthlyBudget: 1, Partitions: 8, Epoch: '1h', ...params }
    const resources = {
      Resources: { LakeBucket: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'RetainExceptOnCreate' } },
      Parameters: Object.fromEntries(
        Object.entries(parameters).map(([name, Default]) => [name, { Default }]),
      ),
    }
    const aws = {
      ...{ getStage: () => stage, getRegion: () => 'eu-central-1', naming: { getStackName: () => 'x' } },
      request: async () => {
        if (stack === undefined) throw new Error('Stack with id x does not exist')
        return { Stacks: [{ Parameters: stack }] }
      },
    }
    return new StagePlugin({
      service: { service: 'tributary', resources },
      processedInput: { commands: [command], options: {} },
      getProvider: () => aws,
    })
  }

  it('refuses a name before anything is packaged', async () => {
    await expect(plugin({ stage: 'Prod' }).hooks.initialize()).rejects.toThrow(/stage "Prod"/)
    await expect(plugin({}).hooks.initialize()).resolves.toBeUndefined()
  })

  it('asks for an address of alarms when a stage is deployed, not when it is packaged', async () => {
    const params = { AlarmEmail: '' }
    await expect(plugin({ params }).hooks.initialize()).resolves.toBeUndefined()
    await expect(plugin({ params, command: 'deploy' }).hooks.initialize()).rejects.toThrow(/alarmEmail/)
  })

  it('refuses an issuer without an audience, also to package', async () => {
    const params = { Issuer: 'https://id.example' }
    await expect(plugin({ params }).hooks.initialize()).rejects.toThrow(/add --param audience=/)
    const both = { ...params, Audience: 'tributary' }
    await expect(plugin({ params: both }).hooks.initialize()).resolves.toBeUndefined()
  })

  it('refuses to reserve more executions than Lambda lets it', async () => {
    const params = { Concurrency: 1000, IngestConcurrency: 700, SpeedConcurrency: 201 }
    await expect(plugin({ params }).hooks.initialize()).rejects.toThrow(/are 901 together, .* lets 900/)
    const fewer = { ...params, SpeedConcurrency: 200 }
    await expect(plugin({ params: fewer }).hooks.initialize()).resolves.toBeUndefined()
  })

  it('compares with the stack that is there, if one is', async () => {
    const stack = [{ ParameterKey: 'Partitions', ParameterValue: '16' }]
    await expect(plugin({}).hooks['before:deploy:deploy']()).resolves.toBeUndefined()
    await expect(plugin({ stack }).hooks['before:deploy:deploy']()).rejects.toThrow(/partitions is 16/)
  })
})

describe('a name of the console', () => {
  it('is refused without its certificate, which is named', () => {
    const parameters = { ConsoleDomain: 'console.example.com', ConsoleCertificate: '' }
    expect(withoutCertificate(parameters)).toMatch(/add --param consoleCertificate=<ARN .* in us-east-1>/)
    expect(withoutCertificate({ ...parameters, ConsoleCertificate: 'arn:…' })).toBeUndefined()
    expect(withoutCertificate({ ConsoleDomain: '', ConsoleCertificate: '' })).toBeUndefined()
  })
})
