import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { padSequence } from '../../../../core/data/position.ts'
import type { Claim, Verdict } from '../../../../core/ports/markers.ts'
import { type MarkerTable, openMarkerTable } from '../../../../drivers/markers/table/table.ts'

const EPOCH = 1_000
const START = Date.UTC(2026, 0, 1)
// The property is about what the files say, not about the disk: a memory file system makes its fsyncs cheap.
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

type Step =
  | {
      readonly kind: 'claim'
      readonly keys: readonly number[]
      readonly advance: number
      readonly late: boolean
    }
  | { readonly kind: 'redeliver' }
  | { readonly kind: 'checkpoint'; readonly meanwhile: readonly number[] }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'crash'; readonly positionRecorded: boolean }

const claimStep = fc.record({
  kind: fc.constant('claim' as const),
  keys: fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 25 }),
  advance: fc.constantFrom(0, 0, 0, 1, 1, 2, 7),
  late: fc.boolean(),
})
const checkpointStep = fc.record({
  kind: fc.constant('checkpoint' as const),
  meanwhile: fc.array(fc.nat({ max: 60 }), { maxLength: 25 }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: claimStep },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('redeliver' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  { weight: 2, arbitrary: checkpointStep },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), positionRecorded: fc.boolean() }),
  },
)
const scenario = fc.record({
  steps: fc.array(step, { minLength: 3, maxLength: 14 }),
  capacity: fc.integer({ min: 1, max: 12 }),
  horizon: fc.nat({ max: 3 }),
  filterMemoryBytes: fc.constantFrom(0, 200, 1_000_000),
})

/** The rule in its plainest form: every claim ever made, by key. */
function createModel(reach: number): (claim: Claim) => Verdict {
  const made = new Map<string, Claim[]>()
  return claim => {
    const all = made.get(claim.key) ?? []
    const holding = all.filter(each => claim.epoch - each.epoch <= reach)
    if (holding.length === 0) {
      made.set(claim.key, [...all, claim])
      return 'first'
    }
    const own = holding.some(each => each.sequence === claim.sequence && each.index === claim.index)
    return own ? 'redelivery' : 'duplicate'
  }
}

/**
 * What a crash at this moment would leave. The table has at most one file operation under way and cannot
 * start another while this runs; when that one renames a file under our hands, the next try sees the state
 * after it.
 */
function snapshot(folder: string): string {
  const copy = mkdtempSync(join(PLACE, 'markers-prop-'))
  try {
    for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(copy, name))
    return copy
  } catch {
    rmSync(copy, { recursive: true })
    return snapshot(folder)
  }
}

type Delivery = { readonly claims: readonly Claim[]; readonly verdicts: readonly Verdict[] }

test('a table that spills, expires, closes and crashes all the time judges as a plain Map does', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ steps, capacity, horizon, filterMemoryBytes }) => {
      const folders = [await mkdtemp(join(PLACE, 'markers-prop-'))]
      const open = () =>
        openMarkerTable({ folder: folders.at(-1)!, epochLength: EPOCH, capacity, horizon, filterMemoryBytes })
      const abandoned: MarkerTable[] = []
      const log: Delivery[] = []
      const model = createModel(horizon * EPOCH)
      let table = await open()
      let epoch = START
      // Deliveries that are before the position the owner recorded, and before the one of the last
      // checkpoint.
      let recorded = 0
      let durable = 0

      const record = (keys: readonly number[], epoch: number): Claim[] => {
        const sequence = padSequence(String(log.length + 1))
        return keys.map((key, index) => ({ key: `key ${key}`, epoch, sequence, index, receipt: '' }))
      }
      const deliver = async (claims: readonly Claim[]) => {
        const verdicts = claims.map(model)
        log.push({ claims, verdicts })
        expect(await table.claim(claims)).toEqual(verdicts)
      }
      const replay = async (from: number) => {
        for (const { claims, verdicts } of log.slice(from)) {
          const again = await table.claim(claims)
          const expected = verdicts.map((verdict, i) =>
            verdict === 'first' && again[i] === 'redelivery' ? 'redelivery' : verdict,
          )
          expect(again).toEqual(expected)
        }
      }

      try {
        for (const each of steps) {
          if (each.kind === 'claim') {
            epoch += each.advance * EPOCH
            const own = each.late && epoch > START ? epoch - EPOCH : epoch
            await deliver(record(each.keys, own))
          } else if (each.kind === 'redeliver') {
            if (log.length > 0) await deliver(log.at(-1)!.claims)
          } else if (each.kind === 'checkpoint') {
            recorded = durable
            const covered = log.length
            const checkpoint = table.checkpoint()
            await deliver(record(each.meanwhile, epoch))
            await checkpoint
            durable = covered
          } else if (each.kind === 'reopen') {
            await table.close()
            durable = log.length
            recorded = durable
            table = await open()
          } else {
            abandoned.push(table)
            folders.push(snapshot(folders.at(-1)!))
            table = await open()
            if (each.positionRecorded) recorded = durable
            await replay(recorded)
          }
        }
      } finally {
        for (const each of [table, ...abandoned]) await each.close()
        for (const folder of folders) await rm(folder, { recursive: true, force: true })
      }
    }),
    { numRuns: 1_000 },
  )
}, 60_000)
