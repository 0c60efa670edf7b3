import { describe, expect, it } from 'vitest'
import { createKeyRing } from '../../core/access/key-ring.ts'
import { readKeys } from '../../core/access/read-keys.ts'
import { createGatewayAuthorisation } from '../../functions/middleware/gateway-authorisation.ts'
import type { HttpEvent } from '../../functions/middleware/http.ts'
import { createHandler } from '../../functions/middleware/key-authorizer.ts'
import { createOriginRule } from '../../functions/middleware/origin-rule.ts'

const KEYS = {
  ...{ write: 'abc', read: 'def', admin: 'ghi', 'write-2': 'both', 'read-2': 'both', browser: 'page' },
  shop: { secret: 'limited', scope: 'read write', where: { region: 'EU' } },
  ended: { secret: 'ended', scope: 'read', expires: '2026-01-01' },
}
const ring = createKeyRing(readKeys(JSON.stringify(KEYS)))
const authorizer = createHandler({ keys: async () => ring })
const gatewayAuthorisation = createGatewayAuthorisation()
const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })

describe('the key authorizer', () => {
  it('passes a known key with its scopes', async () => {
    const access = JSON.stringify({ name: 'write', write: 'all' })
    expect(await authorizer(bearer('abc'))).toEqual({
      isAuthorized: true,
      context: { scopes: 'write', access, key: 'write' },
    })
    expect((await authorizer(bearer('both'))).context.scopes).toBe('write read')
    expect((await authorizer(bearer('ghi'))).context.scopes).toContain('admin')
  })

  it('passes a key with its limits, by name, and never its secret; versions that know no limits let it do nothing', async () => {
    const { isAuthorized, context } = await authorizer(bearer('limited'))
    expect([isAuthorized, context.scopes, context.key]).toEqual([true, '', 'shop'])
    expect(JSON.parse(context.access)).toMatchObject({ read: 'all', where: { region: ['EU'] } })
    expect(JSON.stringify(context)).not.toContain('limited')
  })

  it('stops a key that has expired', async () => {
    expect((await authorizer(bearer('ended'))).isAuthorized).toBe(false)
  })

  it('stops an unknown key, another scheme and no header', async () => {
    expect((await authorizer(bearer('xyz'))).isAuthorized).toBe(false)
    expect((await authorizer({ headers: { authorization: 'Basic abc' } })).isAuthorized).toBe(false)
    expect((await authorizer({ headers: {} })).isAuthorized).toBe(false)
  })

  it("passes a browser's key in the address of a beacon, and no other address", async () => {
    const asked = (routeKey: string) => authorizer({ routeKey, queryStringParameters: { key: 'page' } })
    const found = { isAuthorized: true, context: { scopes: 'write browser', key: 'browser' } }
    expect(await asked('POST /v1/beacon')).toMatchObject(found)
    expect(await authorizer({ routeKey: 'POST /v1/events', ...bearer('page') })).toMatchObject(found)
    expect((await asked('POST /v1/events')).isAuthorized).toBe(false)
    expect((await authorizer({ routeKey: 'POST /v1/beacon', ...bearer('page') })).isAuthorized).toBe(false)
  })

  it('fails when the keys cannot be read, so that no answer is remembered', async () => {
    const failing = createHandler({ keys: () => Promise.reject(new Error('no secret')) })
    await expect(failing(bearer('abc'))).rejects.toThrow('no secret')
  })
})

describe('authorisation behind the gateway', () => {
  const event = (authorizer: unknown) =>
    ({ requestContext: { authorizer }, headers: {} }) as unknown as HttpEvent
  const jwt = (scope: unknown) => event({ jwt: { claims: { scope }, scopes: null } })

  it('takes the scopes of the key authorizer', () => {
    expect(() => gatewayAuthorisation(event({ lambda: { scopes: 'write' } }), 'write')).not.toThrow()
    expect(() => gatewayAuthorisation(event({ lambda: { scopes: 'write' } }), 'read')).toThrow('scope read')
    expect(() => gatewayAuthorisation(event({ lambda: { scopes: 'admin' } }), 'read')).not.toThrow()
  })

  it('takes what the authorizer says of a key with limits, until the key expires, also where it is remembered', () => {
    const access = { name: 'shop', read: 'all', where: { region: ['EU'] }, expires: 1000 }
    const asked = event({ lambda: { scopes: '', access: JSON.stringify(access) } })
    const at = (now: number) => createGatewayAuthorisation(undefined, () => now)
    expect(at(999)(asked, 'read')).toEqual(access)
    expect(() => at(999)(asked, 'write')).toThrow('scope write')
    expect(() => at(1000)(asked, 'read')).toThrow('key shop has expired')
  })

  it('takes scp beside scope, and names words of a token that mean nothing here', () => {
    const scp = (claims: object) => event({ jwt: { claims, scopes: null } })
    expect(() => gatewayAuthorisation(scp({ scp: 'read' }), 'read')).not.toThrow()
    expect(() => gatewayAuthorisation(scp({ scp: '[write read]' }), 'read')).not.toThrow()
    expect(() => gatewayAuthorisation(scp({ scp: 'raed' }), 'read')).toThrow('mean nothing here: raed')
    const limited = scp({ scp: 'read', 'tributary/where': '{"customer_id":7}', sub: 'c7' })
    expect(gatewayAuthorisation(limited, 'read')).toMatchObject({ where: { customer_id: [7] } })
  })

  it('takes the scope claim of a token, with or without the name of a resource', () => {
    expect(() => gatewayAuthorisation(jwt('openid tributary/read'), 'read')).not.toThrow()
    expect(() => gatewayAuthorisation(jwt('read'), 'read')).not.toThrow()
    expect(() => gatewayAuthorisation(jwt('tributary/read'), 'admin')).toThrow('scope admin')
    expect(() => gatewayAuthorisation(jwt(undefined), 'read')).toThrow('scope read')
    expect(() => gatewayAuthorisation(jwt('billing/admin https://other.example/admin'), 'read')).toThrow()
  })

  it("takes a browser's key from pages of allowed origins, and no other key in an address", () => {
    const told: string[] = []
    const rule = createOriginRule(['https://shop.example'], origin => told.push(origin))
    const authorise = createGatewayAuthorisation(rule)
    const from = (origin: string | undefined, scopes = 'write browser') => ({
      ...event({ lambda: { scopes } }),
      ...{ routeKey: 'POST /v1/beacon', headers: { origin } },
    })
    expect(() => authorise(from('https://shop.example'), 'write')).not.toThrow()
    expect(() => authorise(from(undefined), 'write')).not.toThrow()
    for (const origin of ['https://evil.example', 'null', 'https://evil.example'])
      expect(() => authorise(from(origin), 'write')).toThrow('may not use this platform')
    expect(told).toEqual(['https://evil.example', 'null'])
    for (const scopes of ['write', 'read', 'write read admin'])
      expect(() => authorise(from('https://shop.example', scopes), 'write')).toThrow('replace the key')
    expect(() => authorise(from('https://shop.example'), 'read')).toThrow('scope read')
  })

  it('refuses a request that no authorizer has seen', () => {
    expect(() => gatewayAuthorisation(event(undefined), 'read')).toThrow('Authorization')
    expect(() => gatewayAuthorisation(event({ lambda: null }), 'read')).toThrow('Authorization')
  })
})
