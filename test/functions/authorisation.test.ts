import { describe, expect, it } from 'vitest'
import { createKeyRing, parseKeys } from '../../core/keys.ts'
import { createHandler } from '../../functions/authorizer.ts'
import { gatewayAuthorisation } from '../../functions/middleware/gateway-authorisation.ts'
import type { HttpEvent } from '../../functions/middleware/http.ts'

const keys = parseKeys('write:abc,read:def,admin:ghi,write:both,read:both')
const authorizer = createHandler({ keys: async () => createKeyRing('problem' in keys ? [] : keys) })
const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })

describe('the key authorizer', () => {
  it('passes a known key with its scopes', async () => {
    expect(await authorizer(bearer('abc'))).toEqual({ isAuthorized: true, context: { scopes: 'write' } })
    expect(await authorizer(bearer('both'))).toEqual({
      isAuthorized: true,
      context: { scopes: 'write read' },
    })
    expect((await authorizer(bearer('ghi'))).context.scopes).toContain('admin')
  })

  it('stops an unknown key, another scheme and no header', async () => {
    expect((await authorizer(bearer('xyz'))).isAuthorized).toBe(false)
    expect((await authorizer({ headers: { authorization: 'Basic abc' } })).isAuthorized).toBe(false)
    expect((await authorizer({ headers: {} })).isAuthorized).toBe(false)
  })

  it('fails when the keys cannot be read, so that no answer is remembered', async () => {
    const failing = createHandler({ keys: () => Promise.reject(new Error('no secret')) })
    await expect(failing(bearer('abc'))).rejects.toThrow('no secret')
  })
})

describe('authorisation behind the gateway', () => {
  const event = (authorizer: unknown) => ({ requestContext: { authorizer } }) as unknown as HttpEvent
  const jwt = (scope: unknown) => event({ jwt: { claims: { scope }, scopes: null } })

  it('takes the scopes of the key authorizer', () => {
    expect(() => gatewayAuthorisation(event({ lambda: { scopes: 'write' } }), 'write')).not.toThrow()
    expect(() => gatewayAuthorisation(event({ lambda: { scopes: 'write' } }), 'read')).toThrow('scope read')
    expect(() => gatewayAuthorisation(event({ lambda: { scopes: 'admin' } }), 'read')).not.toThrow()
  })

  it('takes the scope claim of a token, with or without the name of a resource', () => {
    expect(() => gatewayAuthorisation(jwt('openid tributary/read'), 'read')).not.toThrow()
    expect(() => gatewayAuthorisation(jwt('read'), 'read')).not.toThrow()
    expect(() => gatewayAuthorisation(jwt('tributary/read'), 'admin')).toThrow('scope admin')
    expect(() => gatewayAuthorisation(jwt(undefined), 'read')).toThrow('scope read')
    expect(() => gatewayAuthorisation(jwt('billing/admin https://other.example/admin'), 'read')).toThrow()
  })

  it('refuses a request that no authorizer has seen', () => {
    expect(() => gatewayAuthorisation(event(undefined), 'read')).toThrow('Authorization')
    expect(() => gatewayAuthorisation(event({ lambda: null }), 'read')).toThrow('Authorization')
  })
})
