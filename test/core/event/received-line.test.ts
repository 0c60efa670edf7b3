import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRawFolderReader } from '../../../core/event/received-line.ts'
import { packRecords } from '../../../core/event/record.ts'

const EPOCH = Date.parse('2026-11-01T10:00:00Z')

function lineOf(event: Readonly<Record<string, unknown>>, epoch = EPOCH): Uint8Array {
  const accepted = { type: 't', hash: 3, idHash: 0, time: -5, json: JSON.stringify(event), index: 0 }
  const [packed] = packRecords([accepted], epoch, { first: 0, count: 8 }, '1763720000123-k3x9a0-00001f-')
  return Buffer.from(packed!.record.data.trimEnd())
}

function folderOf(line: Uint8Array | string) {
  const bytes = typeof line === 'string' ? Buffer.from(line) : line
  return createRawFolderReader()(bytes, 0, bytes.length)
}

describe('the raw folder of a received line', () => {
  test('is its type and epoch, wherever the type stands', () => {
    const data = { type: 'in.data', note: '"type":"in.text"', list: [{ type: 'in.list' }, ']}'] }
    for (const event of [
      { specversion: '1.0', id: 'a', type: 'com.example.order', data },
      { data, id: 'a\\', atype: 'x', type: 'com.example.order' },
      { type: 'com.example.order' },
      { n: 1, yes: true, no: null, empty: {}, type: 'com.example.order' },
    ])
      expect(folderOf(lineOf(event))).toEqual({ type: 'com.example.order', epoch: EPOCH })
  })

  test('is one object for all lines of a folder, so that folders compare by identity', () => {
    const read = createRawFolderReader()
    const folders = ['com.a', 'com.b', 'com.a'].map(type => {
      const line = lineOf({ type })
      return read(line, 0, line.length)
    })
    expect(folders[0]).toBe(folders[2])
    expect(folders[0]).not.toBe(folders[1])
  })

  test('is found in any event that ingest could write', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('type', '"type":"x"', '\\', '{', ']'),
    )
    const value = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.integer(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(text, tie('value')),
      ),
    })).value
    const attributes = fc.array(fc.tuple(text, value), { maxLength: 5 })
    fc.assert(
      fc.property(attributes, attributes, (before, after) => {
        const entries = [...before, ['type', 'com.example.order'], ...after] as [string, unknown][]
        const event = Object.fromEntries(
          entries.filter(([key, v]) => key !== 'type' || v === 'com.example.order'),
        )
        expect(folderOf(lineOf(event))).toEqual({ type: 'com.example.order', epoch: EPOCH })
      }),
      { numRuns: 500 },
    )
  })

  test('is none where the line is no received event, or its type could not name a folder', () => {
    for (const line of [
      '',
      '{',
      '}',
      'plain text',
      '{"id":"a","type":"com.a"}',
      '{"tbreceipt":"r","tbepoch":0,"tbtime":0,"tbpartition":0}',
      '{"tbreceipt":"r","tbepoch":0,"tbtime":0,"tbpartition":0,"id":"a","data":{"type":"com.a"}}',
      '{"tbreceipt":"r","tbepoch":"0","tbtime":0,"tbpartition":0,"type":"com.a"}',
      '{"tbreceipt":"r","tbepoch":1,"tbtime":0,"tbpartition":0,"type":"com.a"}',
      '{"tbreceipt":"r","tbepoch":-1000,"tbtime":0,"tbpartition":0,"type":"com.a"}',
      '{"tbreceipt":"r","tbepoch":0,"tbtime":0,"tbpartition":0,"type":"../com.a"}',
      '{"tbreceipt":"r","tbepoch":0,"tbtime":0,"tbpartition":0,"type":"com/a"}',
      '{"tbreceipt":"r","tbepoch":0,"tbtime":0,"tbpartition":0,"type":"com\\u002f"}',
      '{"tbreceipt":"r","tbepoch":0,"tbtime":0,"tbpartition":0,"id":"a","type":"com.a"',
    ])
      expect(folderOf(line), line).toBeUndefined()
  })

  test('is read with escapes in the type', () => {
    const line = '{"tbreceipt":"r","tbepoch":0,"tbtime":0,"tbpartition":0,"type":"com\\u002ea"}'
    expect(folderOf(line)).toEqual({ type: 'com.a', epoch: 0 })
  })
})
