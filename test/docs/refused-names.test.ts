import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ContractDeclaration } from '../../core/declare/contract.ts'
import { CURATED_HELPERS, compilePipeline, LINEAGE_COLUMNS } from '../../core/declare/pipeline.ts'
import { SYSTEM_COLUMNS } from '../../core/declare/table-limits.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'declare.md'), 'utf8')
const [, said = ''] = /columns that every table has already:(.*?)\n- /s.exec(page)!
const listed = [...said.matchAll(/`([^`]+)`/g)].flatMap(([, names = '']) => names.split(' '))

function declare(name: string) {
  const data = { type: 'object', properties: { id: { type: 'string' }, [name]: { type: 'string' } } }
  const declaration = { type: 'com.example.item', version: 1, partitionBy: ['id'], data }
  const contracts = [{ file: 'item.json', declaration: declaration as ContractDeclaration }]
  return compilePipeline({ contracts, metrics: [], schedules: [] })
}

test('the page lists every name of a field that is refused for a column of ours or of a warehouse', () => {
  expect(listed.toSorted()).toEqual([...LINEAGE_COLUMNS, ...CURATED_HELPERS, ...SYSTEM_COLUMNS].toSorted())
})

test.each([...listed, 'note__present', 'note__text'])('a field %j is refused with its remedy', name => {
  expect(() => declare(name)).toThrow(/rename (it|the field)/)
})
