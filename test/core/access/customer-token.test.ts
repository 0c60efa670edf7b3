import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createKeyRing } from '../../../core/access/key-ring.ts'
import { readKeys } from '../../../core/access/read-keys.ts'
import { byKey, bySecret, PEM, SECRET, signer, token } from './tokens.ts'

const NOW = 1_800_000_000_000
const seconds = NOW / 1000
const LIMITS = { read: ['com.shop.*'], where: { region: ['EU', 'US'] }, rate: 10 } as const
const keys = [
  signer('portal', LIMITS, { requires: ['customer'] }),
  signer('wide', { read: 'all', write: 'all' }),
  signer('own', { read: 'all' }, {}, { alg: 'EdDSA', publicKey: PEM }),
  signer('ended', { read: 'all', expires: NOW }),
]
const ring = createKeyRing(readKeys('admin:a'), keys)
const HEADER = { alg: 'HS256', typ: 'JWT', kid: 'portal' }
const CLAIMS = {
  sub: '7',
  aud: 'tributary',
  exp: seconds + 300,
  scope: 'read',
  'tributary/where': { customer: 7 },
}
const minted = (claims: object = {}, header: object = {}, sign = bySecret(SECRET)) =>
  token({ ...HEADER, ...header }, { ...CLAIMS, ...claims }, sign)
const problem = (text: string) => ring.find(text, NOW) ?? ring.problemOf(text, NOW)

describe('a token of a signer', () => {
  it('opens what its claims say, within the limits of its signer', () => {
    expect(ring.find(minted(), NOW)).toEqual({
      ...{ name: 'token:portal/7', read: ['com.shop.*'], rate: 10, expires: NOW + 300_000 },
      where: { region: ['EU', 'US'], customer: [7] },
    })
    const where = JSON.stringify({ customer: [7, 8], region: 'EU' })
    const claims = { scope: 'read:com.shop.order', 'tributary/where': where, 'tributary/rate': 99 }
    expect(ring.find(minted(claims), NOW)).toMatchObject({
      ...{ read: ['com.shop.order'], where: { customer: [7, 8], region: ['EU'] }, rate: 10 },
    })
    expect(ring.find(minted({ 'tributary/rate': 3 }), NOW)?.rate).toBe(3)
  })

  it('may be of a key pair, whose private part nobody here has', () => {
    const text = minted({}, { kid: 'own', alg: 'EdDSA' }, byKey())
    expect(ring.find(text, NOW)).toMatchObject({ name: 'token:own/7', read: 'all' })
  })

  it('is found the same again, and notes the use of its signer', () => {
    const fresh = createKeyRing([], keys)
    const text = minted()
    expect([fresh.find(text, NOW), fresh.find(text, NOW + 1)]).toEqual(Array(2).fill(ring.find(text, NOW)))
    expect(fresh.uses.get('portal')?.at).toBe(NOW + 1)
  })

  it('is worth nothing once its signer is revoked', () => {
    expect(createKeyRing([], keys.slice(1)).find(minted(), NOW)).toBeUndefined()
  })
})

describe('a token that is not right', () => {
  const other = generateKeyPairSync('ed25519').privateKey
  it.each([
    ['of no algorithm', minted({}, { alg: 'none' }), /algorithm \(alg\) than signer portal, HS256/],
    ['with an empty signature', minted({}, { alg: 'none' }, () => Buffer.alloc(0)), /not known/],
    ['of another algorithm of the secret', minted({}, { alg: 'HS512' }, bySecret(SECRET, 'sha512')), /alg/],
    ['signed by a public key as a secret', minted({}, { kid: 'own' }, bySecret(PEM)), /own, EdDSA/],
    [
      'that says so and is',
      minted({}, { kid: 'own', alg: 'EdDSA' }, bySecret(PEM)),
      /not signed by signer own/,
    ],
    [
      'of another key pair',
      minted({}, { kid: 'own', alg: 'EdDSA' }, byKey(other)),
      /not signed by signer own/,
    ],
    ['of another secret', minted({}, {}, bySecret('x')), /not signed by signer portal/],
    ['of a signer that is not known', minted({}, { kid: 'nobody' }), /names no signer/],
    ['without a signer', minted({}, { kid: undefined }), /names no signer/],
    ['of a signer named like what objects have', minted({}, { kid: '__proto__' }), /names no signer/],
    ['with a critical header', minted({}, { crit: ['b64'], b64: false }), /"crit"/],
    ['without an end', minted({ exp: undefined }), /no end/],
    ['with an end in words', minted({ exp: '2099-01-01' }), /no end/],
    ['that has expired', minted({ exp: seconds }), /has expired/],
    ['that ends too late', minted({ exp: seconds + 3631 }), /3600 s at most/],
    ['of the future', minted({ nbf: seconds + 31 }), /of the future \(nbf\)/],
    ['made in the future', minted({ iat: seconds + 31 }), /of the future \(iat\)/],
    ['for somebody else', minted({ aud: 'other' }), /aud/],
    ['for nobody', minted({ aud: undefined }), /aud/],
    ['without its customer', minted({ 'tributary/where': { region: 'EU' } }), /does not limit customer/],
    ['without limits', minted({ 'tributary/where': undefined }), /does not limit customer/],
    ['with a mistyped limit', minted({ 'tributary/wehre': {} }), /"wehre" is not known/],
    ['that asks for admin', minted({ scope: 'admin' }), /does not limit customer|admin/],
    [
      'that asks for admin of a wide signer',
      minted({ scope: 'admin', 'tributary/where': undefined }, { kid: 'wide' }),
      /asks for admin/,
    ],
    ['that asks for writing', minted({ scope: 'read write' }), /asks for write/],
    ['that asks for another type', minted({ scope: 'read:com.other.x' }), /read of com\.other\.x/],
    ['that asks for a wider beginning', minted({ scope: 'read:com.*' }), /read of com\.\*/],
    [
      'that asks for other rows',
      minted({ 'tributary/where': { customer: 7, region: ['EU', 'CN'] } }),
      /another region/,
    ],
    ['of a signer that has expired', minted({}, { kid: 'ended' }), /signer ended has expired/],
    ['that is no JSON', `${Buffer.from('{').toString('base64url')}.e30.AAAA`, /not known/],
    ['that is a text', 'a.b.c', /not known/],
    ['that is too long', minted({ x: 'y'.repeat(9000) }), /not known/],
  ])('%s is refused, and told why', (_what, text, why) => {
    expect(problem(text)).toEqual(expect.stringMatching(why))
  })

  it('is refused whichever character of it is another one', () => {
    const text = minted()
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
      expect(ring.find(changed, NOW), changed).toBeUndefined()
    }
  })

  it('ends at its instant also where it is remembered: the ring says when', () => {
    const text = minted({ exp: seconds + 1 })
    expect(ring.find(text, NOW)?.expires).toBe(NOW + 1000)
    expect(ring.find(text, NOW + 2000)?.expires).toBe(NOW + 1000)
  })
})
