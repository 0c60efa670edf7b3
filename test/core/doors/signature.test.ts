import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveSignature } from '../../../core/declare/sources/signature.ts'
import { signatureProblem } from '../../../core/doors/signature.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const hmac = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex')

describe("GitHub's signature", () => {
  const github = resolveSignature({ scheme: 'github', secret: 'SECRET' })
  const problem = (headers: Record<string, string>, body: string, secret = 'right') =>
    signatureProblem(github, secret, { headers, body }, NOW)

  test('is good for exactly the body that it was made of, and with the same secret', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (body, other) => {
        const headers = { 'x-hub-signature-256': `sha256=${hmac('right', body)}` }
        expect(problem(headers, body)).toBeUndefined()
        expect(problem(headers, other) === undefined).toBe(body === other)
        expect(problem(headers, body, 'wrong')).toMatch(/is no signature of this body/)
      }),
    )
  })

  test('is asked for by its header', () => {
    expect(problem({}, '{}')).toMatch(/header x-hub-signature-256 is missing/)
    for (const sent of ['', 'sha256=', 'sha1=aa', 'sha256=zz', `sha256=${'0'.repeat(64)}`])
      expect(problem({ 'x-hub-signature-256': sent }, '{}')).toMatch(/is no signature/)
  })
})

describe("Stripe's signature", () => {
  const stripe = resolveSignature({ scheme: 'stripe', secret: 'SECRET', tolerance: '5m' })
  const problem = (sent: string, body = '{}') =>
    signatureProblem(stripe, 'right', { headers: { 'stripe-signature': sent }, body }, NOW)
  const at = (ms: number) => Math.floor(ms / 1000)

  test('is good for its body and time, one of several while a secret is replaced', () => {
    const t = at(NOW)
    const digest = hmac('right', `${t}.{}`)
    expect(problem(`t=${t},v1=${digest}`)).toBeUndefined()
    expect(problem(`t=${t},v1=${'0'.repeat(64)},v1=${digest},v0=x`)).toBeUndefined()
    expect(problem(`t=${t},v1=${digest}`, '{"a":1}')).toMatch(/is no signature/)
    expect(problem(`t=${t + 1},v1=${digest}`)).toMatch(/is no signature/)
  })

  test('that is too old, or of the future, is refused though it is right', () => {
    for (const away of [-301_000, 301_000]) {
      const t = at(NOW + away)
      expect(problem(`t=${t},v1=${hmac('right', `${t}.{}`)}`)).toMatch(/was signed 301 s from now/)
    }
    expect(problem(`v1=${hmac('right', '.{}')}`)).toMatch(/was signed/)
  })
})
