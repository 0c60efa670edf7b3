import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { padSequence } from '../../../core/data/position.ts'
import { parseInstant } from '../../../core/data/time.ts'
import { TributaryError } from '../../../core/errors.ts'
import { packRecords } from '../../../core/event/record.ts'
import type { Markers } from '../../../core/ports/markers.ts'
import type { Run } from '../../../core/ports/runs.ts'
import type { StoredRecord, StreamReader } from '../../../core/ports/stream/stream-reader.ts'
import type { RealTimeViews } from '../../../core/ports/views.ts'
import { replayStream as createHandler } from '../../../functions/batch/tasks.ts'
import type { StateMachineDefinition } from '../../../local/batch/asl.ts'
import { createRunner } from '../../../local/batch/state-machine-runner.ts'
import type { TaskHandler } from '../../../local/batch/task-handlers.ts'
import { createApplySpeed } from '../../../steps/apply-speed.ts'
import {
  createReplayStream,
  type ReplayProgress,
  type ReplayStreamPorts,
} from '../../../steps/replay/replay-stream.ts'
import { recordedIn } from '../../recorded-runs.ts'
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

const shardOf = ({ partition }: Pick<StoredRecord, 'partition'>) => `shard-${partition % 2}`

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
    // Two shards: even partitions and odd ones.
    async read({ from, after = {}, signal }, each) {
      const isOpen = ({ arrival, place, ...record }: (typeof stored)[number]) =>
        arrival >= from && place > (after[shardOf(record)] ?? '')
      for (const record of stored.filter(isOpen)) {
        signal.throwIfAborted()
        await each({ shard: shardOf(record), last: record.place, records: [record], unreadable: 0 })
      }
    },
  }
  return {
    stored,
    calls,
    reader,
    async put(epoch: number, events: readonly SentEvent[], arrival = epoch + 1) {
      const accepted = events.map(({ partition = 0, type, ...event }, index) => ({
        ...{ type, hash: partition, idHash: 0, index, time: parseInstant(event.time)! },
        json: JSON.stringify({ specversion: '1.0', source: '/test', type, ...event }),
      }))
      const prefix = `${epoch + 1}-stream-${String(stored.length).padStart(7, '0')}-`
      for (const { record } of packRecords(accepted, epoch, { first: 0, count: 8 }, prefix))
        stored.push({
          ...{ sequence: padSequence(String(10_000 + stored.length)), partition: record.partition },
          place: `at ${10_000 + stored.length}`,
          ...{ data: record.data, arrival },
        })
      await consume()
    },
    consumer: {
      pause: async () => {
        calls.push('pause')
        paused = true
      },
      isPaused: async () => paused,
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
      read: async (_, each) => each({ shard: 's', last: '', records: stream.stored, unreadable: 0 }),
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
    const { report, status, progress } = await replay()
    const { records } = progress
    expect(status).toBe('done')
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

  test('stops before its time is over, and goes on where it stood while the consumer rests', async () => {
    await stream.put(T0 + EPOCH, someEvents(0))
    let left = 900_000
    const apply: ReplayStreamPorts['apply'] = ids => async records => {
      left -= 400_000
      return ports.apply(ids)(records)
    }
    const before = await realTime(world.speed)
    const { status, progress } = await createReplayStream({ ...ports, apply })({ timeLeft: () => left })
    expect(status).toBe('more')
    expect(progress.records).toBe(3)
    expect(stream.calls).toEqual(['pause'])
    expect(await createReplayStream(ports)({ ...time, progress })).toMatchObject({ status: 'done' })
    expect(await realTime(world.speed)).toEqual(before)
    expect(stream.calls).toEqual(['pause', 'resume'])
  })

  test('stops in time also where the stream hangs', async () => {
    const reader = { ...stream.reader, read: () => new Promise<void>(() => {}) }
    const start = performance.now()
    const end = start + 75_000 + 200
    const step = createReplayStream({ ...ports, reader })({ timeLeft: () => end - performance.now() })
    expect(await step).toMatchObject({ status: 'more', progress: { places: {} } })
    expect(performance.now() - start).toBeLessThan(5000)
    expect(stream.calls).toEqual(['pause'])
  })

  test('begins again where somebody has let the consumer go on, but not for ever', async () => {
    for (const i of [0, 1]) await stream.put(T0 + i * EPOCH, someEvents(i))
    const before = await realTime(world.speed)
    const piece = createReplayStream({ ...ports, recordsAtOnce: 2 })
    const first = await piece(time)
    await stream.consumer.resume()
    const again = await piece({ ...time, progress: first.progress })
    expect(again).toMatchObject({ status: 'more', progress: { begun: 2, records: 2 } })
    expect(await createReplayStream(ports)({ ...time, progress: again.progress })).toMatchObject({
      status: 'done',
    })
    expect(await realTime(world.speed)).toEqual(before)
    // Let go on while the last piece is at work.
    const consumer = { ...stream.consumer, isPaused: async () => false }
    const underneath = createReplayStream({ ...ports, consumer })
    let { progress } = await underneath(time)
    const forEver = async () => {
      for (;;) progress = (await underneath({ ...time, progress })).progress
    }
    await expect(forEver()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/let go on 3 times/),
    })
  })

  test('in pieces of any size, cut off anywhere and done again, comes to the same', async () => {
    for (const i of [0, 1, 2]) await stream.put(T0 + i * EPOCH, someEvents(i % 2))
    const before = await realTime(world.speed)
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.constantFrom('goes on', 'goes on', 'is cut off', 'begins again'), { maxLength: 20 }),
      async (recordsAtOnce, fates) => {
        let applied = 0
        let crashAt = Number.POSITIVE_INFINITY
        const apply: ReplayStreamPorts['apply'] = ids => async records => {
          const outcome = await ports.apply(ids)(records)
          if (applied++ >= crashAt) throw new Error('cut off')
          return outcome
        }
        const piece = createReplayStream({ ...ports, apply, recordsAtOnce })
        let progress: ReplayProgress | undefined
        for (let turn = 0; ; turn++) {
          const fate = fates[turn]
          if (fate === 'begins again') progress = undefined
          crashAt = fate === 'is cut off' ? applied + (turn % 3) : Number.POSITIVE_INFINITY
          // What travels between pieces is JSON.
          const task = {
            ...time,
            progress: progress && (JSON.parse(JSON.stringify(progress)) as ReplayProgress),
          }
          const result = await piece(task).catch(() => undefined)
          progress = result?.progress ?? progress
          if (result?.status === 'done') break
        }
        expect(await realTime(world.speed)).toEqual(before)
      },
    )
    await fc.assert(property, { numRuns: 20 })
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

  test('is done piece by piece by its state machine, a piece that fails again from where it began', async () => {
    await stream.put(T0 + EPOCH, someEvents(1))
    const before = await realTime(world.speed)
    let failures = 5
    const apply: ReplayStreamPorts['apply'] = ids => async records => {
      const outcome = await ports.apply(ids)(records)
      if (stream.calls.length === 1 && failures-- === 1)
        throw new TributaryError('overloaded', 'a full table')
      return outcome
    }
    const handler = createHandler({ ...ports, apply, recordsAtOnce: 3 })
    const run = await finished(payload => handler(payload, time))
    expect(run).toMatchObject({ status: 'succeeded', report: { rebuilt: { records: stream.stored.length } } })
    const pieces = run.states.filter(({ name }) => name === 'Replay')
    expect(pieces.length).toBeGreaterThan(stream.stored.length / 3)
    expect(stream.calls).toEqual(['pause', 'resume'])
    expect(await realTime(world.speed)).toEqual(before)
  })

  test('of a run that an older version started, which knows no pieces, is refused when it needs more', async () => {
    await stream.put(T0 + EPOCH, someEvents(1))
    const handler = createHandler({ ...ports, recordsAtOnce: 1 })
    await expect(handler({ run: 'r1' }, time)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('start replay again'),
    })
  })

  test('the function of a run that was cut off only lets the consumer go on', async () => {
    expect(await createHandler(ports)({ action: 'resume' }, time)).toEqual({ report: {} })
    expect(stream.calls).toEqual(['resume'])
    expect(await createHandler(ports)({ run: 'r1' }, time)).toMatchObject({ progress: { records: 0 } })
  })
})

const FILE = join(import.meta.dirname, '..', '..', '..', 'state-machines', 'replay.asl.json')

/** A run of the machine with this function. */
async function finished(ReplayFunctionArn: TaskHandler): Promise<Run> {
  const runs = new Map<string, Run>()
  const runner = createRunner({
    machines: { replay: JSON.parse(await readFile(FILE, 'utf8')) as StateMachineDefinition },
    handlers: { ReplayFunctionArn },
    runs: recordedIn(runs),
    ...{ log: { error: () => undefined }, now: Date.now, newId: () => 'run-1' },
  })
  let last = await runner.start('replay', {})
  for await (const run of runner.follow(last.id)) last = run
  await runner.drain()
  return last
}

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
