import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createDynamodbBatchViews } from '../../../../drivers/views/dynamodb-batch/views.ts'
import { ALL, cellsOf, HOUR, METRIC, shapes } from '../../../contracts/views-kit.ts'
import { type Fault, injectFaults, type Request } from '../../../engines/dynamodb/faults.ts'
import { describeOnDynamodb } from '../../../engines/dynamodb.ts'

const boundaryOf = (generation: number) => ({
  ...{ epoch: generation * HOUR, generation, run: `run-${generation}`, movedAt: generation },
})
const entriesOf = (count: number, value: number) =>
  Array.from({ length: count }, (_, n) => ({
    ...{ window: (n % 24) * HOUR, group: `{"a":${Math.floor(n / 24)}}`, cells: cellsOf(value) },
  }))

describeOnDynamodb('batch views on DynamoDB', dynamodb => {
  async function open(
    decide: (request: Request) => Fault | undefined | Promise<Fault | undefined> = () => undefined,
    timeoutMs = 25_000,
  ) {
    const table = await dynamodb.createTable('batch')
    const client = dynamodb.newClient()
    injectFaults(client, decide)
    return {
      views: createDynamodbBatchViews({ client, table, shapes, timeoutMs }),
      others: createDynamodbBatchViews({ client: dynamodb.client, table, shapes, timeoutMs }),
    }
  }

  describe('under faults', () => {
    test.each<Fault>(['throttle', 'failure', 'partial', 'lost'])(
      'write, commit and read everything though every other request meets with a %s',
      async fault => {
        let requests = 0
        const { views, others } = await open(() => (++requests % 2 === 0 ? fault : undefined))
        for (const generation of [1, 2]) {
          await views.write(METRIC, generation, entriesOf(120, generation))
          await views.moveBoundary(METRIC, boundaryOf(generation))
          for (const reader of [views, others]) {
            const { boundary, partials } = await reader.query(ALL)
            expect(boundary).toEqual(boundaryOf(generation))
            expect(partials.map(({ cells }) => cells)).toEqual(
              entriesOf(120, generation).map(({ cells }) => cells),
            )
          }
          const cells = await views.read(METRIC, entriesOf(120, 0))
          expect(new Set(cells.map(each => each![0]))).toEqual(new Set([generation]))
        }
      },
      60_000,
    )

    test('give up when the time is over', async () => {
      const { views } = await open(() => 'throttle', 300)
      const overloaded = { code: 'overloaded', retryable: true }
      await expect(views.boundary(METRIC)).rejects.toMatchObject(overloaded)
      await expect(views.write(METRIC, 1, entriesOf(1, 1))).rejects.toMatchObject(overloaded)
      await expect(views.moveBoundary(METRIC, boundaryOf(1))).rejects.toMatchObject(overloaded)
    })
  })

  describe('while runs commit', () => {
    test('answer every query from one generation', async () => {
      const [generations, partials] = [12, 60]
      const { views: reader, others: writer } = await open()
      let running = true
      const run = async () => {
        for (let generation = 1; generation <= generations; generation++) {
          const entries = entriesOf(partials, generation)
          for (let at = 0; at < partials; at += 20)
            await writer.write(METRIC, generation, entries.slice(at, at + 20))
          await writer.moveBoundary(METRIC, boundaryOf(generation))
        }
        running = false
      }
      const running_ = run()
      const seen = new Set<number>()
      while (running) {
        const { boundary, partials: found } = await reader.query(ALL)
        const generation = boundary?.generation ?? 0
        seen.add(generation)
        expect(new Set(found.map(({ cells }) => cells[0]))).toEqual(
          new Set(generation > 0 ? [generation] : []),
        )
        expect(found).toHaveLength(generation > 0 ? partials : 0)
      }
      await running_
      expect(seen.size).toBeGreaterThan(2)
    })

    test('start over when the boundary moves and the next generation is written under a query', async () => {
      let moved = 0
      const { views, others } = await open(async ({ command }) => {
        if (command !== 'BatchGetItemCommand' || moved > 0) return undefined
        moved++
        await others.moveBoundary(METRIC, boundaryOf(2))
        await others.write(METRIC, 3, entriesOf(3, 3))
        return undefined
      })
      await others.write(METRIC, 1, entriesOf(3, 1))
      await others.moveBoundary(METRIC, boundaryOf(1))
      await others.write(METRIC, 2, entriesOf(3, 2))
      const { boundary, partials } = await views.query({ ...ALL, groups: ['{"a":0}'] })
      expect(boundary).toEqual(boundaryOf(2))
      expect(partials.map(({ cells }) => cells[0])).toEqual([2, 2, 2])
    })

    test('give a query up under which the boundary moves again and again', async () => {
      let generation = 1
      const { views, others } = await open(async ({ command }) => {
        if (command === 'BatchGetItemCommand') await others.moveBoundary(METRIC, boundaryOf(++generation))
        return undefined
      })
      await others.write(METRIC, 1, entriesOf(1, 1))
      await others.moveBoundary(METRIC, boundaryOf(1))
      await expect(views.query({ ...ALL, groups: ['{"a":0}'] })).rejects.toMatchObject({ code: 'overloaded' })
    })

    test('never go back to an earlier generation', async () => {
      const { views } = await open()
      await views.moveBoundary(METRIC, boundaryOf(4))
      await expect(views.moveBoundary(METRIC, boundaryOf(3))).rejects.toMatchObject({ code: 'conflict' })
      expect(await views.boundary(METRIC)).toEqual(boundaryOf(4))
    })
  })

  describe('over many partials', () => {
    test('read what takes several pages', async () => {
      const { views } = await open()
      const entries = Array.from({ length: 200 }, (_, n) => ({
        ...{ window: n * HOUR, group: JSON.stringify({ n, a: randomBytes(30_000).toString('hex') }) },
        cells: cellsOf(n),
      }))
      await views.write(METRIC, 1, entries)
      await views.moveBoundary(METRIC, boundaryOf(1))
      const { partials } = await views.query(ALL)
      expect(partials.map(({ cells }) => cells[0] as number).sort((a, b) => a - b)).toEqual(
        entries.map((_, n) => n),
      )
    })

    test('find named groups alike by looking each up and by reading the range, and touch few items', async () => {
      const commands: string[] = []
      const { views } = await open(({ command }) => void commands.push(command))
      await views.write(METRIC, 1, entriesOf(480, 1))
      await views.moveBoundary(METRIC, boundaryOf(1))
      const many = ['{"a":7}', ...Array.from({ length: 100 }, (_, n) => `{"b":${n}}`)]
      const ranged = await views.query({ ...ALL, groups: many })
      commands.length = 0
      const looked = await views.query({ ...ALL, groups: ['{"a":7}'] })
      const sorted = (partials: typeof looked.partials) => partials.toSorted((a, b) => a.window - b.window)
      expect(sorted(looked.partials)).toEqual(sorted(ranged.partials))
      expect(looked.partials).toHaveLength(24)
      expect(commands).toEqual(['QueryCommand', 'BatchGetItemCommand', 'QueryCommand'])
    })
  })
})
