import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flight, type Platform, SINGLE, startPlatform } from '../local/test-platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform.close())

const JSON_BODY = { 'content-type': 'application/json' }
const make = async (wanted: object, key = 'a') => {
  const answer = await platform.call('POST', '/v1/keys', key, JSON.stringify(wanted), JSON_BODY)
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const list = async () => {
  const answer = await platform.call('GET', '/v1/keys', 'a')
  return ((await answer.json()) as { keys: Record<string, unknown>[] }).keys
}
const revoke = (name: string) => platform.call('DELETE', `/v1/keys/${name}`, 'a')

describe('keys that are made', () => {
  test('have their secret told once, do what they may and no more, and end when they are revoked', async () => {
    const wanted = { name: 'shop', scope: 'write:com.tributary.* read', where: { origin: 'LAS' }, rate: 50 }
    const { status, body } = await make(wanted)
    const secret = String(body['secret'])
    expect([status, secret]).toEqual([201, expect.stringMatching(/^trb_[\w-]{43}$/)])
    expect(
      (await platform.call('POST', '/v1/events', secret, JSON.stringify(flight('k1')), SINGLE)).status,
    ).toBe(202)
    await platform.call('GET', '/v1/metrics/flights_daily', secret)
    expect(platform.queries.at(-1)?.where).toEqual({ origin: ['LAS'] })
    expect((await platform.call('GET', '/v1/keys', secret)).status).toBe(403)

    const shown = (await list()).find(key => key['name'] === 'shop')
    expect(shown).toMatchObject({ kind: 'key', madeBy: 'admin', isSet: false, where: { origin: ['LAS'] } })
    expect(shown?.['scope']).toEqual(['write:com.tributary.*', 'read'])
    expect(Date.parse(String(shown?.['usedAt']))).toBeGreaterThan(Date.now() - 60_000)
    expect(JSON.stringify(await list())).not.toContain(secret)
    expect(JSON.stringify(platform.audit)).not.toContain(secret)
    expect(platform.audit.map(({ key, route }) => [key, route])).toContainEqual(['admin', 'POST /v1/keys'])

    expect((await revoke('shop')).status).toBe(200)
    const after = await platform.call('GET', '/v1/metrics', secret)
    expect([after.status, await after.json()]).toMatchObject([401, { detail: /not known/ }])
    expect((await revoke('shop')).status).toBe(404)
  })

  test('are listed beside those that were set, whose names are taken and which are revoked where they stand', async () => {
    expect(await list()).toContainEqual(expect.objectContaining({ name: 'of-rows', isSet: true }))
    expect((await make({ name: 'of-rows', scope: 'read' })).status).toBe(409)
    const refused = await revoke('of-rows')
    expect([refused.status, await refused.json()]).toMatchObject([409, { detail: /TRIBUTARY_KEYS/ }])
    expect((await make({ name: 'twice', scope: 'read' })).status).toBe(201)
    expect((await make({ name: 'twice', scope: 'read' })).body['detail']).toMatch(/there is a key twice/)
  })

  test.each([
    [{ name: 'Ü', scope: 'read' }, /"name" has to be/],
    [{ name: 'x' }, /"scope" has to say/],
    [{ name: 'x', scope: 'raed' }, /did you mean read/],
    [{ name: 'x', scope: 'read', wehre: {} }, /"wehre" is not known/],
    [{ name: 'x', scope: 'write', where: { a: 1 } }, /"where" limits reading/],
    [{ name: 'x', scope: 'read', rate: 0 }, /"rate" has to be a whole number/],
    [{ name: 'x', scope: 'read', alg: 'HS256' }, /"alg" is of signers/],
    [{ name: 'x', scope: 'read', kind: 'king' }, /"kind" has to be/],
    [{ name: 'x', scope: 'admin', kind: 'signer' }, /has no admin/],
    [{ name: 'x', scope: 'read', kind: 'signer', alg: 'none' }, /"alg" has to be HS256/],
    [{ name: 'x', scope: 'read', kind: 'signer', alg: 'EdDSA', publicKey: 'x' }, /Ed25519 public key in PEM/],
    [{ name: 'x', scope: 'read', kind: 'signer', longest: 1e6 }, /"longest" has to be/],
    [{ name: 'x', scope: 'read', where: { a: Array(999).fill('long text') } }, /more than 4000 characters/],
  ])('that make no sense are refused by name: %j', async (wanted, detail) => {
    const { status, body } = await make(wanted)
    expect([status, body['detail']]).toEqual([400, expect.stringMatching(detail)])
  })

  test('are an admin’s to make', async () => {
    for (const key of ['w', 'r', 'b', 'rows'])
      expect((await make({ name: 'x', scope: 'read' }, key)).status).toBe(403)
  })

  test('may be signers: a shared secret is told once, a private key stays where it is', async () => {
    const shared = await make({ name: 'portal', kind: 'signer', scope: 'read', requires: ['origin'] })
    expect(shared.body).toMatchObject({ kind: 'signer', alg: 'HS256', requires: ['origin'], longest: 3600 })
    expect(shared.body['secret']).toMatch(/^trbs_[\w-]{43}$/)
    const { publicKey } = generateKeyPairSync('ed25519')
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    const own = await make({ name: 'own', kind: 'signer', scope: 'read', alg: 'EdDSA', publicKey: pem })
    expect([own.status, own.body['secret']]).toEqual([201, undefined])
    expect(JSON.stringify(await list())).not.toContain(String(shared.body['secret']))
  })
})
