import { describe, expect, test } from 'vitest'
import { changeNotices, versionNotices } from '../../../../core/declare/changes/change-notices.ts'
import { type Remembered, remember } from '../../../../core/declare/changes/remembered.ts'
import type { ContractDeclaration } from '../../../../core/declare/contract.ts'
import { compilePipeline, type Pipeline } from '../../../../core/declare/pipeline.ts'

const ALL = () => true
const type = 'com.example.reading'

function declared(more: Partial<ContractDeclaration> = {}, value: object = { type: 'number' }) {
  const properties = { id: { type: 'string' }, shop: { type: 'string' }, value }
  const data = { type: 'object', properties } as ContractDeclaration['data']
  return { type, version: 1, partitionBy: ['id'], data, ...more }
}

function compiled(...contracts: readonly ContractDeclaration[]): Pipeline {
  const files = contracts.map((declaration, i) => ({ file: `${i}.json`, declaration }))
  return compilePipeline({ contracts: files, metrics: [], schedules: [] })
}

/** What a start notes that finds a folder which ran with `before`, as it is stored. */
function notices(before: Pipeline, now: Pipeline, hasEvents = ALL): string[] {
  const known = JSON.parse(JSON.stringify(remember({}, before, ALL))) as Remembered
  return changeNotices(known, now, hasEvents).map(({ field, notice }) => `${field} ${notice}`)
}

const TWO = declared({ scale: 2 })
const THREE = declared({ scale: 3 })

describe('more decimal places of a field', () => {
  const noted = [
    expect.stringMatching(/^value keeps 3 decimal places and kept 2: .* npx tributary backfill --from/),
  ]

  test.each([
    ['in place', compiled(THREE)],
    ['by a new version', compiled(TWO, { ...THREE, version: 2 })],
    ['in place of a version', compiled({ ...THREE, version: 2 })],
    ['by a step', compiled(declared({}, { type: 'number', multipleOf: 0.001 }))],
  ])('are noted where they come %s', (_how, now) => expect(notices(compiled(TWO), now)).toEqual(noted))

  test('are noted where none are declared any more', () => {
    expect(notices(compiled(TWO), compiled(declared()))).toEqual([
      expect.stringContaining('as many decimal places as are sent and kept 2'),
    ])
  })

  test('are noted no more once a start has remembered them, nor where there are no events', () => {
    expect(notices(compiled(THREE), compiled(THREE))).toEqual([])
    expect(notices(compiled(TWO), compiled(THREE), () => false)).toEqual([])
    expect(notices(compiled(TWO), compiled(TWO, { ...TWO, version: 2 }))).toEqual([])
  })

  test('change nothing of what was kept with all of its digits', () => {
    const integer = compiled(declared({}, { type: 'integer' }))
    expect(notices(integer, compiled(THREE))).toEqual([])
    expect(notices(compiled(declared()), compiled(THREE))).toEqual([])
  })
})

describe('other fields to partition by', () => {
  const byShop = declared({ partitionBy: ['shop', 'id'] })
  const noted = [expect.stringMatching(/^partitionBy was id and is shop, id: .*numbers do not depend on it/)]

  test('are noted alike in place and by a new version', () => {
    expect(notices(compiled(declared()), compiled(byShop))).toEqual(noted)
    const versions = compiled(declared(), { ...byShop, version: 2 })
    expect(notices(compiled(declared()), versions)).toEqual(noted)
    expect(versionNotices(versions.contracts).map(({ field, notice }) => `${field} ${notice}`)).toEqual(noted)
  })

  test('are not noted where nobody remembers what they were', () => {
    const { partitionBy: _, ...older } = remember({}, compiled(declared()), ALL)[type]!
    expect(changeNotices({ [type]: older }, compiled(byShop), ALL)).toEqual([])
  })
})
