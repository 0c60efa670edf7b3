import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { fingerprint, fingerprintKeys, SECRET_BYTES } from '../../../../drivers/markers/table/fingerprint.ts'

// Key and tags of the reference implementation (chaskey-speed.c, Mouha 2014): the message of n bytes is 0, 1,
// …, n − 1.
const REFERENCE_KEY = [0x833d3433, 0x009f389f, 0x2398e64f, 0x417acf39]
const REFERENCE_TAGS: [number, string][] = [
  [0, '792e8fe5 75ce87aa 2d1450b5 1191970b'],
  [1, '13a9307b 50e62c89 4577bd88 c0bbdc18'],
  [2, '55df8922 2c7ff577 73809ef4 4e5084c0'],
  [15, '51b94da4 efcc4de8 192412ea bbc170dd'],
]

function hex(secret: Uint8Array, text: string): string {
  const out = new Int32Array(4)
  fingerprint(fingerprintKeys(secret), text, out)
  return Array.from(out, word => (word >>> 0).toString(16).padStart(8, '0')).join(' ')
}

test.each(REFERENCE_TAGS)(
  'a message of %i bytes has the tag of the reference implementation',
  (length, tag) => {
    const secret = new Uint8Array(SECRET_BYTES)
    new Uint32Array(secret.buffer).set(REFERENCE_KEY)
    expect(hex(secret, String.fromCharCode(...Array(length).keys()))).toBe(tag)
  },
)

test('a wide text and the narrow text of the same bytes have different fingerprints', () => {
  const secret = randomBytes(SECRET_BYTES)
  const wide = '事件'
  expect(hex(secret, Buffer.from(wide, 'utf16le').toString('latin1'))).not.toBe(hex(secret, wide))
})

test('another secret gives another fingerprint', () => {
  expect(hex(randomBytes(SECRET_BYTES), 'a')).not.toBe(hex(randomBytes(SECRET_BYTES), 'a'))
})
