import { describe, expect, test } from 'vitest'
import { digestOf, type ManagedKey } from '../../core/access/managed-key.ts'
import type { ManagedKeys } from '../../core/ports/callers/managed-keys.ts'

/** `most`: so many keys it takes. */
export type KeysFactory = (most?: number) => Promise<{ readonly keys: ManagedKeys; dispose(): Promise<void> }>

export const madeKey = (name: string, more: Partial<ManagedKey> = {}): ManagedKey => ({
  ...{ name, access: { name, read: 'all', where: { customer: [7, 'ü', null] } } },
  ...{ madeAt: 5, madeBy: 'admin', proof: { kind: 'key', digest: digestOf(name) } },
  ...more,
})

/** What every engine of the `ManagedKeys` port does. */
export function describeManagedKeys(engine: string, factory: KeysFactory): void {
  describe(`${engine} as ManagedKeys`, () => {
    test('keeps keys by name until they are revoked, each name once, however many add it at a time', async () => {
      const { keys, dispose } = await factory()
      expect(await keys.list()).toEqual([])
      const outcomes = await Promise.all(
        ['shop', 'bi', 'shop'].map(name => keys.add(madeKey(name, { madeBy: 'a' }))),
      )
      expect(outcomes.toSorted()).toEqual(['added', 'added', 'taken'])
      expect(await keys.list()).toEqual([madeKey('bi', { madeBy: 'a' }), madeKey('shop', { madeBy: 'a' })])
      expect([await keys.remove('shop'), await keys.remove('shop')]).toEqual([true, false])
      expect((await keys.list()).map(key => key.name)).toEqual(['bi'])
      await dispose()
    })

    test('notes when a key was used, and brings back none that was revoked', async () => {
      const { keys, dispose } = await factory()
      await keys.add(madeKey('shop'))
      await keys.used('shop', 1000)
      expect((await keys.list())[0]?.usedAt).toBe(1000)
      await keys.remove('shop')
      await keys.used('shop', 2000)
      expect(await keys.list()).toEqual([])
      await dispose()
    })

    test('takes so many and no more', async () => {
      const { keys, dispose } = await factory(3)
      for (const name of ['a', 'b', 'c']) expect(await keys.add(madeKey(name))).toBe('added')
      expect(await keys.add(madeKey('d'))).toBe('full')
      await keys.remove('b')
      expect(await keys.add(madeKey('d'))).toBe('added')
      await dispose()
    })
  })
}
