import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type DeclaredParameter, parameterProblems } from '../../deploy/parameter-problems.ts'

const RESOURCES = join(import.meta.dirname, '../../resources')
const read = async (name: string) =>
  parse(await readFile(join(RESOURCES, name), 'utf8'), { logLevel: 'silent' })
const declared = (await read('parameters.yml')).Parameters as Record<string, DeclaredParameter>
const params = (await read('params.yml')) as Record<string, Record<string, unknown>>

/** The parameters as a deployment of a stage has them. */
function given(stage: string, options: Readonly<Record<string, unknown>> = {}) {
  const values = { ...params['default'], ...params[stage], ...options }
  const withParam = (text: unknown) => {
    const name = /^\$\{param:(\w+)\}$/.exec(String(text))?.[1]
    return name === undefined ? text : values[name]
  }
  return Object.fromEntries(
    Object.entries(declared).map(([name, one]) => [name, { ...one, Default: withParam(one.Default) }]),
  )
}

const problems = (options: Readonly<Record<string, unknown>>) =>
  parameterProblems(given('prod', options), 'prod')

describe('parameters of a deployment', () => {
  it('are taken as resources/params.yml has them, for every stage', () => {
    for (const stage of ['dev', 'prod', 'test-2']) expect(parameterProblems(given(stage), stage)).toEqual([])
  })

  it('are refused by name, with where they stand and what to give', () => {
    expect(problems({ horizon: 'tomorrow' })).toEqual([
      'parameter horizon is "tomorrow" (--param horizon=…, or prod or default in resources/params.yml); give a time, such as 24h or 7d',
    ])
    expect(problems({ epoch: '7m' }).join()).toMatch(/^parameter epoch is "7m" .*give one of 1m, 5m,/)
    expect(problems({ freshness: '301' }).join()).toMatch(/^parameter freshness is "301" .*from 0 to 300$/)
    expect(problems({ partitions: 'many' }).join()).toMatch(
      /^parameter partitions is "many" .*from 1 to 10000$/,
    )
    expect(problems({ rateLimit: '' }).join()).toMatch(/^parameter rateLimit is "" .*a number from 1 on$/)
    expect(problems({ heavy: 'yes' }).join()).toMatch(/^parameter heavy is "yes" .*one of true, false$/)
    expect(problems({ backupVault: 'mine' }).join()).toMatch(
      /^parameter backupVault is "mine" .*ARN of a vault/,
    )
  })

  it('that are lists are looked at one by one', () => {
    expect(problems({ origins: 'https://a.example,http://localhost:3000' })).toEqual([])
    expect(problems({ origins: 'https://a.example,capacitor://localhost' }).join()).toMatch(
      /^parameter origins is "capacitor:\/\/localhost"/,
    )
  })

  it('that are wrong are all told at once', () => {
    expect(problems({ horizon: '0h', timeAhead: '1w', alarmEmail: 'a@b.c' })).toHaveLength(2)
  })

  it('that say a time are refused where they are none', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const isTime = /^[1-9]\d{0,5}[smhd]$/.test(text)
        expect(problems({ timeBehind: text }).length).toBe(isTime || text === 'any' ? 0 : 1)
      }),
    )
  })

  it('with a pattern say in words what they take', () => {
    for (const [name, { AllowedPattern, ConstraintDescription }] of Object.entries(declared))
      if (AllowedPattern !== undefined) expect(ConstraintDescription, name).toBeDefined()
  })
})
