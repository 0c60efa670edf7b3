import fc from 'fast-check'

/** Mostly nothing: JSON allows white space nearly everywhere, and senders that use it use it always. */
export const space = fc.constantFrom('', '', '', '', '', '', '', '', '', ' ', '\n', '\t\r')

/** Numbers in all spellings that JSON allows, and some beyond what a double holds. */
export const numberText = fc.oneof(
  fc.constantFrom(
    ...[
      '0',
      '-0',
      '0.0',
      '-0.0',
      '1.0',
      '1e2',
      '1E2',
      '1e+2',
      '1e-7',
      '1e21',
      '1e+21',
      '100',
      '0.1',
      '0.10',
      '1e999',
    ],
    ...[
      '0.000001',
      '0.0000001',
      '0.00001',
      '0.0010',
      '123456789012345',
      '1234567890123456',
      '12345678901234567890',
    ],
    ...[
      '9007199254740993',
      '0.30000000000000004',
      '0.3000000000000000444',
      '5e-324',
      '1.7976931348623157e308',
      '-1.5',
    ],
  ),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
  fc.integer().map(String),
  fc
    .tuple(fc.stringMatching(/^-?(0|[1-9]\d{0,17})$/), fc.stringMatching(/^(\.\d{1,18})?$/))
    .map(parts => parts.join('')),
)

const character = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...'abcxyz_/{}[],:0123 äß語😀\u007f\u2028') },
  fc.constantFrom(
    ...['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t'],
    ...['\\u0041', '\\u001f', '\\u0000', '\\ud800', '\\uDC00', '\\ud83d\\ude00', '\\u00e4'],
  ),
)
/** Strings with and without escapes, needless and broken ones among them. */
export const stringText = fc.array(character, { maxLength: 6 }).map(all => `"${all.join('')}"`)
