import { expect, test } from 'vitest'
import type { EpochLedger } from '../../../../core/ports/ledger.ts'
import { reconcileType } from '../../../../steps/batch/reconcile/reconcile-type.ts'

const TYPE = 'org.example.thing'

function problemsOf(
  counts: EpochLedger['counts'],
  accepted: number | undefined,
  raw: number,
  received = raw,
): Promise<readonly string[]> {
  const speed = { epoch: async () => ({ cells: [[received, raw]], total: 1, unlisted: [] }) }
  const refined = { raw, curated: raw, duplicates: 0, redelivered: 0 }
  const comparison = { epoch: 0, refined, accepted: accepted ?? null, counts, isTallied: true }
  const numbers = reconcileType(speed, { type: TYPE, dedupe: 'event' }, comparison)
  return numbers.then(({ problems }) => problems)
}

test.each([
  ['exact', 10, 10, []],
  ['exact', 10, 11, ['accepted 10 ≠ raw 11']],
  ['exact', 10, 9, ['accepted 10 ≠ raw 9']],
  ['at least', 10, 10, []],
  ['at least', 10, 11, []],
  ['at least', 10, 9, ['accepted 10 ≠ raw 9']],
  ['exact', undefined, 5, []],
  ['at least', undefined, 5, []],
] as const)(
  'a ledger that counts %s: %s accepted and %s raw give %j',
  async (counts, accepted, raw, problems) => {
    expect(await problemsOf(counts, accepted, raw)).toEqual(problems)
  },
)

test('raw and the speed layer must agree exactly, however the ledger counts', async () => {
  expect(await problemsOf('at least', 10, 12, 11)).toEqual(['received by speed 11 ≠ raw 12'])
})
