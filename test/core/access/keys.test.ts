import { describe, expect, it } from 'vitest'
import { hasScope, isAmong, isExpired, SCOPES } from '../../../core/access/access.ts'
import { createKeyRing } from '../../../core/access/key-ring.ts'
import { readKeys } from '../../../core/access/read-keys.ts'

const SECRET = 'hunter2'
const ofOne = (key: object) => readKeys(JSON.stringify({ shop: { secret: SECRET, ...key } }))[0]!.access
const refusal = (key: unknown) => () => readKeys(JSON.stringify({ shop: key }))

describe('a ring of keys', () => {
  const ring = createKeyRing(readKeys('write:w,read:r,admin:a,write:both,read:both,browser:b'))
  const grants = (secret: string) => {
    const access = ring.find(secret, 0)
    return access && SCOPES.map(scope => hasScope(access, scope))
  }

  it('grants write and read only themselves, admin everything, and one secret several scopes', () => {
    expect(grants('w')).toEqual([true, false, false])
    expect(grants('r')).toEqual([false, true, false])
    expect(grants('a')).toEqual([true, true, true])
    expect(grants('both')).toEqual([true, true, false])
    expect([grants(''), grants('x')]).toEqual([undefined, undefined])
  })

  it("lets a browser's key send events, and do nothing else", () => {
    expect(grants('b')).toEqual([true, false, false])
    expect([ring.find('b', 0)?.isBrowser, ring.find('w', 0)?.isBrowser]).toEqual([true, undefined])
  })

  it('says the same however often it is asked, and nothing where it was made without the key', () => {
    for (let i = 0; i < 3; i++) expect([grants('w'), grants('x')]).toEqual([[true, false, false], undefined])
    expect(createKeyRing(readKeys('write:new')).find('w', 0)).toBeUndefined()
  })
})

describe('keys as JSON', () => {
  it('are names with secrets, or with all that a key may and may not do', () => {
    expect(readKeys('{"read-bi": "r", "admin": "a"}').map(({ access }) => access)).toEqual([
      { name: 'read-bi', read: 'all' },
      { name: 'admin', isAdmin: true },
    ])
    const scope = 'write:com.example.* write:com.shop.order read'
    const limits = { where: { region: ['EU', null], shop: 7 }, rate: 50, events: 1000, expires: '2027-01-31' }
    expect(ofOne({ scope, ...limits })).toEqual({
      ...{ name: 'shop', write: ['com.example.*', 'com.shop.order'], read: 'all' },
      where: { region: ['EU', null], shop: [7] },
      ...{ rate: 50, events: 1000, expires: Date.UTC(2027, 0, 31) },
    })
    expect(ofOne({ scope: 'browser:com.shop.*' })).toMatchObject({ write: ['com.shop.*'], isBrowser: true })
    expect(ofOne({ scope: ['write:com.a.b', 'write'] })).toEqual({ name: 'shop', write: 'all' })
  })

  it.each([
    [{ scope: 'wirte' }, '"wirte" is no scope; did you mean write?'],
    [{ scope: 'Read' }, 'did you mean read?'],
    [{ scope: 'read:' }, '"read:" names no event types'],
    [{ scope: 'read:*' }, 'names no event types; give read:com.example.order or read:com.example.*'],
    [{ scope: 'write:com.example*' }, 'names no event types'],
    [{ scope: 'write:com.*.order' }, 'names no event types'],
    [{ scope: 'admin:com.example.*' }, 'admin is without limits'],
    [{ scope: '' }, '"scope" has to say'],
    [{}, '"scope" has to say'],
    [{ scope: 'read', wehre: { a: 1 } }, '"wehre" is not known; did you mean where?'],
    [{ scope: 'read', where: {} }, '"where" has to be fields'],
    [{ scope: 'read', where: { a: [] } }, '"where" of "a"'],
    [{ scope: 'read', where: { a: { b: 1 } } }, '"where" of "a"'],
    [{ scope: 'write', where: { a: 1 } }, '"where" limits reading'],
    [{ scope: 'admin', where: { a: 1 } }, 'admin is without limits'],
    [{ scope: 'browser read' }, "a browser's key, which everybody can read"],
    [{ scope: 'read', expires: 'soon' }, '"expires" has to be a date'],
    [{ scope: 'read', rate: 0 }, '"rate" has to be a whole number above 0'],
    [{ scope: 'read', rate: '5' }, '"rate" has to be a whole number above 0'],
    [{ scope: 'read', events: 5 }, '"events" limits sending'],
  ])('are refused by name where a limit would not hold: %j', (key, problem) => {
    expect(refusal({ secret: SECRET, ...key })).toThrow(expect.objectContaining({ code: 'invalid_setting' }))
    expect(refusal({ secret: SECRET, ...key })).toThrow(problem)
    expect(refusal({ secret: SECRET, ...key })).toThrow(/^key shop: (?!.*hunter2)/)
  })

  it('are refused where one secret has limits and stands twice, or is none', () => {
    const twice = (limit: object) => () =>
      readKeys(JSON.stringify({ 'read-a': SECRET, b: { secret: SECRET, scope: 'write', ...limit } }))
    expect(twice({})).not.toThrow()
    for (const limit of [{ rate: 1 }, { scope: 'write:com.a.b' }, { expires: '2027-01-01' }])
      expect(twice(limit)).toThrow('keys read-a and b have one secret, and limits; give each its own')
    for (const none of [{ scope: 'read' }, { secret: '', scope: 'read' }, { secret: 'a b', scope: 'read' }])
      expect(refusal(none)).toThrow('the secret of key shop')
    expect(refusal(null)).toThrow('does not start with a scope')
  })
})

it('types are among names and beginnings that end at a dot', () => {
  const types = ['com.example.*', 'com.shop.order']
  const among = (type: string) => isAmong(type, types)
  expect(['com.example.a', 'com.example.a.b', 'com.shop.order'].map(among)).toEqual([true, true, true])
  const others = ['com.example', 'com.examples.a', 'com.shop.orders', 'com.shop.order.x', '']
  expect(others.map(among)).toEqual([false, false, false, false, false])
})

it('a key has expired from its instant on', () => {
  expect([99, 100, 101].map(now => isExpired({ name: 'x', expires: 100 }, now))).toEqual([false, true, true])
  expect(isExpired({ name: 'x' }, Number.MAX_SAFE_INTEGER)).toBe(false)
})
