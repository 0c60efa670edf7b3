import { Readable } from 'node:stream'
import avsc from 'avsc'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readAvro, writeAvro } from '../../../core/iceberg/avro.ts'
import { entrySchema } from '../../../core/iceberg/avro-schemas.ts'

const schema = {
  type: 'record',
  name: 'row',
  fields: [
    { name: 'id', type: 'long', 'field-id': 7 },
    { name: 'text', type: ['null', 'string'], default: null },
    { name: 'bytes', type: ['null', 'bytes'], default: null },
    { name: 'list', type: { type: 'array', items: 'int' } },
  ],
}

const rows = fc.array(
  fc.record({
    id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    text: fc.option(fc.string({ unit: 'binary' })),
    bytes: fc.option(fc.uint8Array().map(bytes => Buffer.from(bytes))),
    list: fc.array(fc.integer()),
  }),
)

test('records come back as they were written, 64-bit integers to the last digit', () => {
  fc.assert(
    fc.property(rows, records => {
      const { meta, records: read } = readAvro(writeAvro(schema, { content: 'data' }, records))
      expect(read.map(row => ({ ...(row as object) }))).toEqual(records)
      expect(meta.get('content')).toBe('data')
    }),
  )
})

test('a file is one that another reader of Avro reads, and its header has the ids of fields', async () => {
  const records = [{ id: 5n, text: 'ü', bytes: null, list: [1, 2] }]
  const decoder = Readable.from([writeAvro(schema, {}, records)]).pipe(new avsc.streams.BlockDecoder())
  const seen: unknown[] = []
  for await (const record of decoder) seen.push({ ...(record as object) })
  expect(seen).toMatchObject([{ id: 5, list: [1, 2] }])
  const written = JSON.parse(readAvro(writeAvro(schema, {}, [])).meta.get('avro.schema')!)
  expect(written.fields[0]['field-id']).toBe(7)
})

test('what is no Avro file is refused, and so is one that is packed in another way', () => {
  expect(() => readAvro(Buffer.from('PAR1'))).toThrow('does not begin as one')
  const bytes = writeAvro(schema, {}, [{ id: 1n, list: [] }])
  const other = Buffer.from(bytes.toString('latin1').replace('deflate', 'snappy!'), 'latin1')
  expect(() => readAvro(other)).toThrow('packed with snappy!')
})

test('entries of manifests have the ids that the specification gives', () => {
  const text = JSON.stringify(entrySchema({ type: 'record', name: 'r102', fields: [] }))
  for (const [name, id] of Object.entries({
    file_path: 100,
    record_count: 103,
    lower_bounds: 125,
    status: 0,
  }))
    expect(text).toMatch(new RegExp(`"name":"${name}".*?"field-id":${id}`))
})
