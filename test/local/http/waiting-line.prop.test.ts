import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createWaitingLine, type InLine } from '../../../local/http/waiting-line.ts'

interface Person extends InLine<Person> {
  readonly name: number
}

test('a line holds whoever joined and did not leave, in the order of joining', () => {
  const steps = fc.array(fc.oneof(fc.constant('join' as const), fc.nat(20)), { maxLength: 60 })
  fc.assert(
    fc.property(steps, all => {
      const line = createWaitingLine<Person>()
      const set = new Set<Person>()
      const everybody: Person[] = []
      for (const step of all) {
        if (step === 'join') {
          const one = { name: everybody.length, before: undefined, behind: undefined }
          everybody.push(one)
          line.join(one)
          set.add(one)
        } else if (everybody[step] !== undefined) {
          line.leave(everybody[step])
          set.delete(everybody[step])
        }
        const names: number[] = []
        for (let one = line.first; one !== undefined; one = one.behind) names.push(one.name)
        expect(names).toEqual([...set].map(({ name }) => name))
        expect(line.length).toBe(set.size)
      }
      // Whoever has left leads to nobody.
      for (const one of everybody)
        if (!set.has(one)) expect([one.before, one.behind]).toEqual([undefined, undefined])
    }),
  )
})
