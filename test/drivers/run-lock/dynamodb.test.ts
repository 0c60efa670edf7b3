import { beforeEach, expect, test } from 'vitest'
import type { RunLock } from '../../../core/ports/run-lock.ts'
import { createDynamodbRunLock, type DynamodbRunLockOptions } from '../../../drivers/run-lock/dynamodb.ts'
import { awsFault, intercept } from '../../engines/aws-faults.ts'
import { describeOnDynamodb } from '../../engines/dynamodb.ts'

const BUSY = { code: 'busy', status: 409, retryable: true, retryAfter: 30 }
const MINUTE = 60_000

describeOnDynamodb('the lock on DynamoDB', dynamodb => {
  let table: string
  let clock: number
  let running: Set<string>
  let lock: RunLock
  let tasks = 0

  const open = (options: Partial<DynamodbRunLockOptions> = {}): RunLock =>
    createDynamodbRunLock({
      client: dynamodb.client,
      table,
      name: 'views',
      goesOn: async execution => running.has(execution),
      now: () => clock,
      ...options,
    })
  const task = (run: string) => ({ run, id: `task-${++tasks}`, endsBy: clock + MINUTE })
  /** A task from its beginning to its end. */
  const take = async (run: string, on = lock) => {
    const first = task(run)
    await on.take(first, `arn:${run}`)
    return first
  }
  beforeEach(async () => {
    table = await dynamodb.createTable('control')
    clock = Date.UTC(2026, 10, 1)
    running = new Set(['arn:a', 'arn:b'])
    lock = open()
  })

  test('of another name is another', async () => {
    await take('a')
    await take('b', open({ name: 'inbox' }))
    await expect(take('b')).rejects.toMatchObject({ code: 'busy' })
    await expect(take('a', open({ name: 'inbox' }))).rejects.toMatchObject({ code: 'busy' })
  })

  test('is taken once, and again by the same run at every turn', async () => {
    for (let turn = 0; turn < 3; turn++) await lock.leave(await take('a'))
    await lock.enter(task('a'))
  })

  test('is busy for every other run while the holder goes on, also between its tasks', async () => {
    await lock.leave(await take('a'))
    await expect(take('b')).rejects.toMatchObject({
      ...BUSY,
      message: expect.stringContaining('run a goes on'),
    })
  })

  test('is given to one of many runs that ask at the same time', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `r${i}`)
    for (const name of names) running.add(`arn:${name}`)
    const results = await Promise.allSettled(names.map(name => take(name)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'busy' })
  })

  test('passes on when the holder has ended', async () => {
    await lock.leave(await take('a'))
    running.delete('arn:a')
    await take('b')
    await expect(lock.enter(task('a'))).rejects.toMatchObject({
      code: 'conflict',
      retryable: false,
      message: expect.stringContaining('run b does'),
    })
    await lock.enter(task('b'))
  })

  test('passes on from an aborted run only when none of its functions can be at work any more', async () => {
    await take('a')
    running.delete('arn:a')
    await expect(take('b')).rejects.toMatchObject({
      ...BUSY,
      message: expect.stringContaining('may work until'),
    })
    clock += MINUTE + 1
    await take('b')
  })

  test('a task that outlived its run takes nothing from the next holder by leaving', async () => {
    const lost = await take('a')
    running.delete('arn:a')
    clock += MINUTE + 1
    const held = await take('b')
    await lock.leave(lost)
    await lock.enter(task('b'))
    await lock.leave(held)
  })

  test('nobody may work who has not taken it', async () => {
    await expect(lock.enter(task('a'))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('no run does'),
    })
  })

  test('a holder that changes between look and replacement is not replaced', async () => {
    await lock.leave(await take('a'))
    running.delete('arn:a')
    const late = open({
      goesOn: async execution => {
        if (execution === 'arn:a') await take('c')
        return execution !== 'arn:a'
      },
    })
    await expect(take('b', late)).rejects.toMatchObject({ code: 'busy' })
    await lock.enter(task('c'))
  })

  test('a take whose answer is lost has taken it', async () => {
    let lose = true
    const client = intercept(dynamodb.newClient(), async call => {
      const answer = await call.send()
      if (call.command !== 'PutItemCommand' || !lose) return answer
      lose = false
      throw awsFault('TimeoutError')
    })
    const shaky = open({ client })
    await take('a', shaky)
    await lock.enter(task('a'))
  })

  test('tells when the table does not answer', async () => {
    const client = intercept(dynamodb.newClient(), () => Promise.reject(awsFault('InternalServerError', 500)))
    await expect(take('a', open({ client, timeoutMs: 200 }))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/enter the lock of views in table control/),
    })
  })
})
