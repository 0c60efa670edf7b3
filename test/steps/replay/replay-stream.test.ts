import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { padSequence } from '../../../core/data/position.ts'
import { parseInstant } from '../../../core/data/time.ts'
import { TributaryError } from '../../../core/errors.ts'
import { packRecords } from '../../../core/event/record.ts'
import type { Markers } from '../../../core/ports/markers.ts'
import type { StoredRecord, StreamReader } from '../../../core/ports/stream-reader.ts'
import type { RealTimeViews } from '../../../core/ports/views.ts'
import { replayStream as createHandler } from '../../../functions/batch/tasks.ts'
import { createApplySpeed } from '../../../steps/apply-speed.ts'
import { createReplayStream, type ReplayStreamPorts } from '../../../steps/replay/replay-stream.ts'
import {
  createWorld,
  EPOCH,
  HORIZON,
  large,
  orders,
  pipelineOf,
  type SentEvent,
  someEvents,
  T0,
  visits,
  type World,
} from '../batch/batch-kit.ts'
import { portsOf, runBatch } from '../batch/batch-run.ts'

const pipeline = pipelineOf([orders, large, visits])
const HOUR = 3_600_000
const time = { timeLeft: () => 900_000 }

/** A stream that remembers what was put to it, and a consumer that can be stopped. */
function createStream(apply: ReturnType<typeof createApplySpeed>) {
  const stored: (StoredRecord & { readonly arrival: number })[] = []
  const calls: string[] = []
  let consumed = 0
  let paused = false
  const consume = async () => {
    while (!paused && consumed < stored.length) await apply([stored[consumed++]!])
  }
  const reader: StreamReader = {
    keptSince: async () => 0,
    async read({ from, signal }, each) {
      for (const record of stored.filter(({ arrival }) => arrival >= from)) {
        signal.throwIfAborted()
        await each({ records: [record], unreadable: 0 })
      }
    },
  }
  return {
    stored,
    calls,
    reader,
    async put(epoch: number, events: readonly SentEvent[], arrival = epoch + 1) {
      const accepted = events.map(({ partition = 0, type, ...event }, index) => ({
        ...{ type, hash: partition, index, time: parseInstant(event.time)! },
        json: JSON.stringify({ specversion: '1.0', source: '/test', type, ...event }),
      }))
      const prefix = `${epoch + 1}-stream-${String(stored.length).padStart(7, '0')}-`
      for (const { record } of packRecords(accepted, epoch, { first: 0, count: 8 }, prefix))
        stored.push({
          ...{ sequence: padSequence(String(10_000 + stored.length)), partition: record.partition },
          ...{ data: record.data, arrival },
        })
      await consume()
    },
    consumer: {
      pause: async () => {
        calls.push('pause')
        paused = true
      },
      resume: async () => {
        calls.push('resume')
        paused = false
        await consume()
      },
    },
  }
}

describe('the replay of a stream', () => {
  let world: World
  let stream: ReturnType<typeof createStream>
  let ports: ReplayStreamPorts

  beforeEach(async () => {
    world = await createWorld(pipeline)
    world.clock = T0 + 3 * EPOCH
    const markers = memoryMarkers()
    const apply = createApplySpeed({ pipeline, markers, views: world.speed })
    stream = createStream(apply)
    ports = {
      ...portsOf(world, pipeline),
      ledger: { epochs: async () => [] },
      reader: stream.reader,
      consumer: stream.consumer,
      apply: only => createApplySpeed({ pipeline, markers, views: world.speed, only }),
      markersLag: 24 * HOUR,
    }
  })
  afterEach(() => world.dispose())

  const replay = (changes: Partial<ReplayStreamPorts> = {}) =>
    createReplayStream({ ...ports, ...changes })(time)

  test('leaves out a record that no retry helps, as the consumer did, and says so', async () => {
    for (const i of [0, 1]) await stream.put(T0 + i * EPOCH, someEvents(i))
    const whole: StreamReader = {
      ...stream.reader,
      read: async (_, each) => each({ records: stream.stored, unreadable: 0 }),
    }
    const lost = stream.stored[3]!
    const apply: typeof ports.apply = ids => async records => {
      if (records.includes(lost)) throw new TributaryError('too_large', 'an item outgrows its store')
      return ports.apply(ids)(records)
    }
    const { report } = await replay({ reader: whole, apply })
    expect(report).toMatchObject({ rebuilt: { records: stream.stored.length, unreadable: 1 } })
    expect(stream.calls).toEqual(['pause', 'resume'])
    const other = await createWorld(pipeline)
    const once = createApplySpeed({ pipeline, markers: memoryMarkers(), views: other.speed })
    await once(stream.stored.filter(record => record !== lost))
    expect(await realTime(world.speed)).toEqual(await realTime(other.speed))
    await other.dispose()
  })

  test('goes on with forgetting where a store takes more than one call for it', async () => {
    await stream.put(T0, someEvents(0))
    const before = await realTime(world.speed)
    let calls = 0
    const drop: RealTimeViews['drop'] = async (metric, through) => {
      calls += 1
      if (calls % 3 !== 0) throw new TributaryError('overloaded', 'the table did not take all in time')
      await world.speed.drop(metric, through)
    }
    await replay({ speed: { ...world.speed, drop } })
    expect(await realTime(world.speed)).toEqual(before)
  })

  test('comes to the same real-time views, duplicates and all, and lets the consumer go on', async () => {
    for (const i of [0, 1, 2]) await stream.put(T0 + i * EPOCH, someEvents(i % 2))
    const before = await realTime(world.speed)
    expect(before.flat().length).toBeGreaterThan(20)
    const { report, records } = await replay()
    expect(await realTime(world.speed)).toEqual(before)
    expect(stream.calls).toEqual(['pause', 'resume'])
    expect(records).toBe(stream.stored.length)
    expect(report).toMatchObject({ rebuilt: { from: '2026-11-01T00:00:00Z', records, unreadable: 0 } })
  })

  test('mends views that hold too little or too much', async () => {
    await stream.put(T0 + EPOCH, someEvents(1))
    const before = await realTime(world.speed)
    for (const { id } of pipeline.metrics) await world.speed.drop(id, T0 + EPOCH)
    await createApplySpeed({ pipeline, markers: freshMarkers, views: world.speed })(
      stream.stored.map(record => ({ ...record, sequence: padSequence(`9${record.sequence.slice(1)}`) })),
    )
    expect(await realTime(world.speed)).not.toEqual(before)
    await replay()
    expect(await realTime(world.speed)).toEqual(before)
  })

  test('counts what arrives while it goes on once, by itself or by the consumer afterwards', async () => {
    await stream.put(T0, someEvents(0))
    let arrived = false
    const reader: StreamReader = {
      ...stream.reader,
      read: (request, each) =>
        stream.reader.read(request, async batch => {
          if (!arrived) {
            arrived = true
            await stream.put(T0 + EPOCH, someEvents(1))
          }
          await each(batch)
        }),
    }
    await replay({ reader })
    expect(arrived).toBe(true)
    const replayed = await realTime(world.speed)
    // The same records, consumed in their order without a replay.
    const calm = await createWorld(pipeline)
    const apply = createApplySpeed({ pipeline, markers: memoryMarkers(), views: calm.speed })
    await apply(stream.stored)
    expect(replayed).toEqual(await realTime(calm.speed))
    await calm.dispose()
  })

  test('begins after the lowest boundary, and leaves older records of the stream alone', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    await runBatch(portsOf(world, pipeline))
    // An epoch's last records may arrive after its end.
    await stream.put(T0, someEvents(0), T0 + EPOCH - 1)
    await stream.put(T0 + EPOCH, someEvents(1))
    world.clock = T0 + 2 * EPOCH
    const { report } = await replay()
    expect(report).toMatchObject({ rebuilt: { from: '2026-11-01T01:00:00Z' } })
    for (const { id } of pipeline.metrics)
      expect((await world.speed.epoch({ metric: id, epoch: T0, keys: [] })).total).toBe(0)
  })

  test('of a metric without a boundary begins where its type was published, changes no other, and notes since when it is whole', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + EPOCH
    const metric = pipeline.metrics.find(({ name }) => name === orders.name)!
    const others = pipelineOf([large, visits])
    await runBatch({ ...portsOf(world, others), warehouse: undefined as never })
    await stream.put(T0 + EPOCH, someEvents(1))
    world.clock = T0 + 2 * EPOCH
    const whole = await realTime(world.speed)
    await world.speed.drop(metric.id, 'all')
    await world.countedSince.note(new Map([[metric.id, T0 + 2 * EPOCH]]))
    const { report } = await createReplayStream(ports)({ ...time, only: [metric.name] })
    expect(report).toMatchObject({ rebuilt: { from: '2026-11-01T01:00:00Z' } })
    expect([...(await world.countedSince.list())].filter(([, since]) => since > 0)).toEqual([
      [metric.id, T0 + EPOCH],
    ])
    expect((await world.speed.epoch({ metric: metric.id, epoch: T0, keys: [] })).total).toBe(0)
    const place = pipeline.metrics.indexOf(metric)
    expect((await realTime(world.speed)).toSpliced(place, 1)).toEqual(whole.toSpliced(place, 1))
  })

  test('refuses names that are not declared, before anything is stopped', async () => {
    await expect(createReplayStream(ports)({ ...time, only: ['nothing'] })).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/^no metric or event type is called "nothing"; there are /),
    })
    expect(stream.calls).toEqual([])
  })

  test.each([
    ['the stream keeps its records no longer', T0 + EPOCH, 24 * HOUR],
    ['the markers of its horizon may be gone', 0, EPOCH],
  ])('refuses, before it forgets anything, where %s', async (_, keptSince, markersLag) => {
    await stream.put(T0, someEvents(0))
    await world.send(T0, [])
    const before = await realTime(world.speed)
    const acknowledged = { ...(await world.ledger.epoch(T0)), accepted: { 'com.example.order': 45 } }
    await expect(
      replay({
        markersLag,
        reader: { ...stream.reader, keptSince: async () => keptSince },
        ledger: { epochs: async () => [acknowledged] },
      }),
    ).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(
        /^epoch 2026-11-01T00:00:00Z is not published.*run the batch machine first/,
      ),
    })
    expect(await realTime(world.speed)).toEqual(before)
    expect(stream.calls).toEqual([])
  })

  test('knows from the raw lake, too, of an epoch that the ledger forgot', async () => {
    await world.send(T0, someEvents(0))
    world.clock = T0 + (HORIZON + 1) * EPOCH
    await expect(replay()).rejects.toMatchObject({ code: 'conflict' })
  })

  test('stops before its time is over, says what to do, and lets the consumer go on', async () => {
    await stream.put(T0 + EPOCH, someEvents(0))
    let left = 900_000
    const apply: ReplayStreamPorts['apply'] = ids => async records => {
      left -= 400_000
      return ports.apply(ids)(records)
    }
    const step = createReplayStream({ ...ports, apply })({ timeLeft: () => left })
    await expect(step).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('run the batch machine'),
    })
    expect(stream.calls).toEqual(['pause', 'resume'])
  })

  test('stops in time also where the stream hangs', async () => {
    const reader = { ...stream.reader, read: () => new Promise<void>(() => {}) }
    const start = performance.now()
    const step = createReplayStream({ ...ports, reader })({ timeLeft: () => 75_000 + 200 })
    await expect(step).rejects.toMatchObject({ code: 'timeout' })
    expect(performance.now() - start).toBeLessThan(5000)
    expect(stream.calls).toEqual(['pause', 'resume'])
  })

  test('lets the consumer go on after any failure, and tells when it cannot', async () => {
    const failure = new Error('no pause')
    const pause = () => Promise.reject(failure)
    await expect(replay({ consumer: { ...stream.consumer, pause } })).rejects.toBe(failure)
    expect(stream.calls).toEqual(['resume'])
    const resume = () => Promise.reject(new Error('no resume'))
    await expect(replay({ consumer: { pause, resume } })).rejects.toMatchObject({
      message: 'no pause; and then: no resume',
    })
  })

  test('is done again after a crash in the middle, with the same result', async () => {
    await stream.put(T0 + EPOCH, someEvents(1))
    const before = await realTime(world.speed)
    let applied = 0
    const apply: ReplayStreamPorts['apply'] = ids => async records => {
      if (++applied === 3) throw new Error('crash')
      return ports.apply(ids)(records)
    }
    await expect(replay({ apply })).rejects.toThrow('crash')
    await replay()
    expect(await realTime(world.speed)).toEqual(before)
  })

  test('the function of a run that was cut off only lets the consumer go on', async () => {
    expect(await createHandler(ports)({ action: 'resume' }, time)).toEqual({ report: {} })
    expect(stream.calls).toEqual(['resume'])
    expect(await createHandler(ports)({ run: 'r1' }, time)).toMatchObject({ records: 0 })
  })
})

async function realTime(views: RealTimeViews) {
  const query = { from: undefined, to: undefined, groups: undefined, limit: 100_000, after: undefined }
  const ids = [
    ...pipeline.metrics.map(m => m.id),
    ...[...pipeline.latest.keys()].map(type => `tally.${type}`),
  ]
  return Promise.all(
    ids.map(async metric => (await views.query({ metric, ...query })).map(p => JSON.stringify(p)).sort()),
  )
}

/** Markers that never forget, and that tell a redelivery from a duplicate. */
function memoryMarkers(): Markers {
  const held = new Map<string, string>()
  return {
    tellsRepeats: false,
    claim: async claims =>
      claims.map(({ key, sequence, index }) => {
        const place = `${sequence}|${index}`
        const known = held.get(key)
        if (known !== undefined) return known === place ? 'redelivery' : 'duplicate'
        held.set(key, place)
        return 'first'
      }),
  }
}

const freshMarkers: Markers = { tellsRepeats: false, claim: async claims => claims.map(() => 'first') }
