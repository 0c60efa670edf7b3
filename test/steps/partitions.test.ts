import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEpochLengthCheck, createPartitions } from '../../steps/partitions.ts'
import { memoryPartitioningRecord } from '../partitioning-record.ts'

const HOUR = 3_600_000
const T0 = Date.UTC(2026, 0, 1, 10)

function world(passes?: () => Promise<void>) {
  const record = memoryPartitioningRecord(passes)
  const clock = { now: T0 }
  const fewer: number[] = []
  const container = (partitions: number, { skew = 0, epochLength = HOUR } = {}) =>
    createPartitions({
      ...{ record, partitions, epochLength },
      ...{ now: () => clock.now + skew, onFewer: told => void fewer.push(told) },
    })
  return { record, clock, fewer, container }
}

describe('the partitions of a stage', () => {
  test('grow at the beginning of an epoch, for containers of every deployment', async () => {
    const { clock, container } = world()
    const old = container(8)
    await old.ready()
    expect(old.at(T0)).toMatchObject({ count: 8 })
    clock.now += HOUR / 2
    const next = container(16)
    await next.ready()
    expect(next.at(T0)).toEqual(old.at(T0))
    clock.now = T0 + HOUR
    await Promise.all([old.ready(), next.ready()])
    expect(next.at(T0 + HOUR)).toMatchObject({ count: 16 })
    expect(old.at(T0 + HOUR)).toEqual(next.at(T0 + HOUR))
    expect(next.at(T0)).toMatchObject({ count: 8 })
  })

  test('do not change at the very end of an epoch, when others know the next one already', async () => {
    const { clock, container } = world()
    const old = container(8)
    clock.now = T0 + HOUR - 20_000
    await old.ready()
    await container(16).ready()
    clock.now = T0 + HOUR
    await old.ready()
    const fresh = container(16)
    await fresh.ready()
    expect(fresh.at(T0 + HOUR)).toEqual(old.at(T0 + HOUR))
    expect(fresh.at(T0 + HOUR)).toMatchObject({ count: 8 })
    expect(fresh.at(T0 + 2 * HOUR)).toMatchObject({ count: 16 })
  })

  test('are one record an epoch for a container to read', async () => {
    let reads = 0
    const { clock, container } = world(async () => void reads++)
    const one = container(8)
    for (; clock.now < T0 + 10 * HOUR; clock.now += 60_000) await Promise.all([one.ready(), one.ready()])
    // One call beside them: the first writes the record.
    expect(reads).toBe(11)
  })

  test('stay where a function is told fewer, which says so once and uses those there are', async () => {
    const { clock, fewer, container } = world()
    await container(16).ready()
    const old = container(8)
    for (; clock.now < T0 + 3 * HOUR; clock.now += HOUR) await old.ready()
    expect(old.at(T0 + 2 * HOUR)).toMatchObject({ count: 16 })
    expect(fewer).toEqual([8])
  })

  test('are refused to a function that was told another length of epochs, by name and with what to do', async () => {
    const { record, container } = world()
    await container(8).ready()
    const refusal = {
      code: 'invalid_setting',
      message: expect.stringMatching(
        /TRIBUTARY_EPOCH is 900s in this function.*epochs of 3600s.*--param epoch/,
      ),
    }
    await expect(container(8, { epochLength: 900_000 }).ready()).rejects.toMatchObject(refusal)
    await expect(createEpochLengthCheck(record, 900_000)()).rejects.toMatchObject(refusal)
    await expect(createEpochLengthCheck(record, HOUR)()).resolves.toBeUndefined()
  })

  test('are the same for all events of an epoch, whoever stamps them, however clocks differ and writers race', async () => {
    const step = fc.record({
      wait: fc.constantFrom(0, 1, 5_000, 29_000, 31_000, 90_000, HOUR / 2, HOUR - 1, HOUR),
      container: fc.nat(3),
      replace: fc.option(fc.integer({ min: 1, max: 30 }), { freq: 3 }),
      /** Time that a request takes between asking and stamping, ms. */
      takes: fc.constantFrom(0, 10, 28_000),
    })
    const skews = fc.array(fc.integer({ min: -14_000, max: 14_000 }), { minLength: 4, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), skews, fc.boolean(), async (steps, skews, race) => {
        const turns = race ? async () => void (await null) : undefined
        const { clock, container } = world(turns)
        const containers = skews.map(skew => ({ skew, partitions: container(4, { skew }) }))
        const stamped = new Map<number, Set<number>>()
        for (const { wait, replace, takes, ...step } of steps) {
          clock.now += wait
          const { skew } = containers[step.container]!
          if (replace !== null)
            containers[step.container] = { skew, partitions: container(replace, { skew }) }
          const [one, other] = [containers[step.container]!, containers[(step.container + 1) % 4]!]
          await Promise.all([one.partitions.ready(), other.partitions.ready()])
          clock.now += takes
          for (const { skew, partitions } of [one, other]) {
            const epoch = Math.floor((clock.now + skew) / HOUR) * HOUR
            stamped.set(epoch, (stamped.get(epoch) ?? new Set()).add(partitions.at(epoch).first))
          }
        }
        for (const firsts of stamped.values()) expect(firsts.size).toBe(1)
      }),
      { numRuns: 300 },
    )
  })
})
