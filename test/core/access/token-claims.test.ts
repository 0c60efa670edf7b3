import { describe, expect, it } from 'vitest'
import { readClaims } from '../../../core/access/token-claims.ts'

const accessOf = (claims: object) => readClaims({ sub: 'u1', ...claims }).access

describe('the claims of a token', () => {
  it('grant by scope and by scp, as text, as a list, and as API Gateway writes a list', () => {
    const read = { name: 'token:u1', read: 'all' }
    for (const claims of [
      { scope: 'openid read' },
      { scp: 'read' },
      { scp: ['read'] },
      { scp: '[openid read]' },
    ])
      expect(accessOf(claims)).toEqual(read)
    expect(accessOf({ scope: 'tributary/read', scp: 'write:com.example.*' })).toEqual({
      ...read,
      write: ['com.example.*'],
    })
    expect(accessOf({ scope: 'tributary/admin' })).toEqual({ name: 'token:u1', isAdmin: true })
  })

  it('grant nothing by words of others, which are told of', () => {
    expect(readClaims({ sub: 'u', scope: 'billing/admin raed browser' })).toEqual({
      access: { name: 'token:u' },
      strange: ['billing/admin', 'raed', 'browser'],
    })
    expect(accessOf({})).toEqual({ name: 'token:u1' })
  })

  it('are refused by name where a word of ours, or a limit, is mistyped', () => {
    expect(() => accessOf({ scope: 'tributary/raed' })).toThrow('"raed" is no scope; did you mean read?')
    expect(() => accessOf({ scope: 'read', 'tributary/wehre': '{}' })).toThrow('did you mean where?')
    expect(() => accessOf({ scope: 'read', 'tributary/where': 'map[a:1]' })).toThrow(
      '"where" has to be fields',
    )
    expect(() => accessOf({ scope: 'admin', 'tributary/where': '{"a":1}' })).toThrow(
      'admin is without limits',
    )
  })

  it('carry limits as texts, and say whose they are without what a log cannot hold', () => {
    const claims = { scope: 'read', 'tributary/where': '{"customer_id":7}', 'tributary/rate': '5' }
    expect(accessOf(claims)).toEqual({ name: 'token:u1', read: 'all', where: { customer_id: [7] }, rate: 5 })
    expect(accessOf({ sub: undefined, client_id: 'app\n1' }).name).toBe('token:app?1')
  })
})
