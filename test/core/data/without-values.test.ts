import { expect, test } from 'vitest'
import { withoutValues } from '../../../core/data/without-values.ts'

test.each([
  ['invalid input syntax for type integer: "Ada"', 'invalid input syntax for type integer: "…"'],
  [
    "Conversion Error: Could not convert string 'O'Brien' to INT64",
    "Conversion Error: Could not convert string '…' to INT64",
  ],
  ['value "a "b" c" is out of range', 'value "…" is out of range'],
  [
    'Malformed JSON in file "/data/x.ndjson", at byte 5: "Ada"',
    'Malformed JSON in file "/data/x.ndjson", at byte 5: "…"',
  ],
  ['division by zero', 'division by zero'],
])('%s is told as %s', (message, told) => expect(withoutValues(message)).toBe(told))
