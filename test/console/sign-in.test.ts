import { describe, expect, test } from 'vitest'
import { createSignIn } from '../../local/console/sign-in.ts'

const HOUR = 3_600_000

describe('a sign-in code', () => {
  test('is good once', () => {
    const signIn = createSignIn('k', () => 0)
    const code = signIn.code()!
    expect(signIn.exchange(code)).toBe('k')
    expect(() => signIn.exchange(code)).toThrow(/has been used/)
  })

  test('is good for an hour, and not a millisecond longer', () => {
    let now = 0
    const signIn = createSignIn('k', () => now)
    const [first, second] = [signIn.code()!, signIn.code()!]
    now = HOUR - 1
    expect(signIn.exchange(first)).toBe('k')
    now = HOUR
    expect(() => signIn.exchange(second)).toThrow(/older than an hour/)
  })

  test('is one of sixteen at most: the oldest gives way', () => {
    const signIn = createSignIn('k', () => 0)
    const codes = Array.from({ length: 17 }, () => signIn.code()!)
    expect(new Set(codes).size).toBe(17)
    expect(() => signIn.exchange(codes[0]!)).toThrow()
    expect(codes.slice(1).map(signIn.exchange)).toEqual(Array(16).fill('k'))
  })

  test('is not made where there is no key to hand out', () => {
    const signIn = createSignIn(undefined, () => 0)
    expect(signIn.code()).toBe(undefined)
    expect(() => signIn.exchange('anything')).toThrow(/sign in with a key/)
  })
})
