import { describe, expect, test } from 'vitest'
import { compileAcceptor } from '../../core/event/accept.ts'
import { createAjvValidators } from '../../drivers/validators/ajv.ts'
import { measuredIngest } from '../../functions/observability/reports.ts'
import { createEventCounts } from '../../local/metrics/event-counts.ts'
import { createIngest, type Ingest } from '../../steps/ingest.ts'
import { flight, pipeline } from '../local/test-platform.ts'

const EPOCH = 3_600_000

/** An ingest step, and what it does, in order. */
function ingesting(horizon = 1000) {
  const done: string[] = []
  let now = 5 * EPOCH
  const ingest = createIngest({
    accept: compileAcceptor(pipeline, createAjvValidators()),
    stream: {
      put: async records => {
        done.push(`stored ${records.length} of epoch ${records[0]!.epoch / EPOCH}`)
        return records.map(() => ({ kind: 'stored' }))
      },
    },
    rejected: { put: async all => void done.push(`kept ${all.length}`) },
    now: () => now,
    epochLength: EPOCH,
    ready: async () => {
      done.push('ready')
      // Whatever it waits for may take an epoch.
      now += EPOCH
    },
    partitionsAt: () => ({ first: 0, count: 1 }),
    process: 'test00',
    horizon,
  })
  return { ingest, done }
}

test('events are stamped after what the caller may send is known, and the partitions are', async () => {
  const { ingest, done } = ingesting()
  await ingest([flight('a')], undefined, judged => {
    done.push(`judged ${judged.accepted.length}`)
    return judged
  })
  expect(done).toEqual(['judged 1', 'ready', 'stored 1 of epoch 6'])
})

test('events that are older than ids are remembered are told, by how many and since when', async () => {
  const { ingest } = ingesting(2)
  const at = (epoch: number, id: string) => ({ ...flight(id), time: new Date(epoch * EPOCH).toISOString() })
  expect(await ingest([at(4, 'a'), at(6, 'b')])).not.toHaveProperty('late')
  const { late } = await ingest([at(2.9, 'c'), at(7, 'd'), at(0, 'e')])
  expect(late).toEqual({ events: 2, before: 5 * EPOCH })
})

describe('an ingest step keeps to the limits of its caller', () => {
  const refuse = () => {
    throw new Error('not this caller')
  }
  const steps: readonly (readonly [string, (ingest: Ingest) => Ingest])[] = [
    ['by itself', ingest => ingest],
    ['measured, as on AWS', measuredIngest],
    ['counted, as on one machine', ingest => createEventCounts({ note: () => {} }).counted(ingest)],
  ]
  test.each(steps)('%s', async (_name, wrapped) => {
    const { ingest, done } = ingesting()
    await expect(wrapped(ingest)([flight('a')], [], refuse)).rejects.toThrow('not this caller')
    expect(done).toEqual([])
  })
})
