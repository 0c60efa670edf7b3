import { expect, test } from 'vitest'
import { formatMetadata, parseMetadata } from '../../../core/iceberg/metadata-json.ts'

test('metadata of another engine is written as it was read, 64-bit ids to the last digit', () => {
  const text =
    '{"format-version":2,"current-snapshot-id":6409293194612625529,"x":9007199254740993,"ratio":0.5,' +
    '"snapshots":[{"snapshot-id":1001,"timestamp-ms":1795797379692,"summary":{"snapshot-id":"text"}}],"n":null}'
  expect(formatMetadata(parseMetadata(text) as object)).toBe(text)
})

test('an id of a snapshot is a bigint, however small', () => {
  expect(parseMetadata('{"parent-snapshot-id":3,"schema-id":3}')).toEqual({
    'parent-snapshot-id': 3n,
    'schema-id': 3,
  })
})
