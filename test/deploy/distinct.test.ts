import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePipeline, type Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import { generatedFiles } from '../../deploy/generate/files.ts'
import { readMachines } from '../../deploy/generate/machine-files.ts'
import { catalogTables } from '../../drivers/catalog/glue/tables.ts'

const machines = await readMachines(join(resolve(import.meta.dirname, '../..'), 'state-machines'))

function pipelineOf(types: readonly string[], schedules: readonly string[] = []): Pipeline {
  const contracts = types.map(type => ({
    file: `${type}.json`,
    declaration: {
      ...{ type, version: 1, partitionBy: ['id'] },
      data: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } } as const,
    },
  }))
  const scheduled = schedules.map(name => ({
    file: `${name}.ts`,
    declaration: { name, machine: 'batch', when: { cron: '0 1 * * *' } },
  }))
  return compilePipeline({ contracts, metrics: [], schedules: scheduled })
}

/** The generated files of event types and of schedules with these names. */
function generated(types: readonly string[], schedules: readonly string[] = []): string {
  return [...generatedFiles({ pipeline: pipelineOf(types, schedules), machines }).values()].join('\n')
}

/** Names of the types' tables in Athena; undefined where the types are refused. */
function tablesOf(types: readonly string[]): readonly string[] | undefined {
  try {
    generated(types)
    return catalogTables(pipelineOf(types), { lake: 'lake', epochLength: 3_600_000 }).map(({ Name }) => Name)
  } catch (error) {
    if (error instanceof TributaryError) return undefined
    throw error
  }
}

describe('two names that AWS cannot tell apart', () => {
  const clashing: readonly (readonly [string, string])[] = [
    ['com.shop.order-item', 'com.shop.Order.item'],
    ['com.shop.order-item', 'com.shop.order.item'],
    ['com.shop.refund', 'com.shop-Refund'],
  ]
  for (const [one, other] of clashing)
    it(`are refused as event types: ${one} and ${other}`, () => {
      expect(() => generated([one, other])).toThrow(/both become .* on AWS/)
    })

  it('are taken as event types where a name in capitals is all that looks alike', () => {
    expect(tablesOf(['com.shop.orderItem', 'com.shop.order.item'])).toHaveLength(4)
  })

  it('are refused as schedules, with both names and what to do', () => {
    expect(() => generated([], ['nightly-1', 'nightly1'])).toThrow(
      /schedule nightly-1 and schedule nightly1 both become Nightly1Schedule on AWS.*rename one of them/,
    )
  })

  it('are refused where one is the name of the list of them all', () => {
    expect(() => generated([], ['index'])).toThrow(/the list of schedules and schedule index/)
  })

  it('are refused, or have a table each: whatever the names', () => {
    const part = fc.stringMatching(/^[a-z][a-z0-9]{0,2}([A-Z-][a-z0-9]{1,2})?$/)
    const type = fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => `com.${parts.join('.')}`)
    fc.assert(
      fc.property(fc.uniqueArray(type, { minLength: 2, maxLength: 4 }), types => {
        const tables = tablesOf(types)
        if (tables !== undefined) expect(new Set(tables).size).toBe(2 * types.length)
      }),
    )
  })
})
