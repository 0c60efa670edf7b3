import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TributaryError } from '../../../core/errors.ts'
import { type Caller, connect, serve } from '../../../local/threads/rpc.ts'

type Sums = {
  readonly add: (a: number, b: number) => Promise<number>
  readonly fail: () => Promise<void>
  readonly stall: () => Promise<never>
}

describe('a call to another thread', () => {
  let near: MessagePort
  let far: MessagePort
  let call: Caller<Sums>
  beforeEach(() => {
    const { port1, port2 } = new MessageChannel()
    near = port1
    far = port2
    serve<Sums>(far, {
      add: async (a, b) => a + b,
      fail: async () => {
        throw new TributaryError('conflict', 'the other run goes on')
      },
      stall: () => new Promise(() => {}),
    })
    call = connect<Sums>(near)
  })
  afterEach(() => {
    near.close()
    far.close()
  })

  test('answers what the offer answers', async () => {
    const sum: number = await call('add', [1, 2])
    expect(sum).toBe(3)
  })

  test('answers calls in any order, each its own', async () => {
    const pairs = Array.from({ length: 100 }, (_, i) => [i, 2 * i] as [number, number])
    expect(await Promise.all(pairs.map(pair => call('add', pair)))).toEqual(pairs.map(([a, b]) => a + b))
  })

  test('fails with the code and the words of the other thread', async () => {
    await expect(call('fail', [])).rejects.toMatchObject({
      code: 'conflict',
      message: 'the other run goes on',
    })
  })

  test('ends in a timeout when there is no answer', async () => {
    await expect(call('stall', [], { timeoutMs: 10 })).rejects.toMatchObject({ code: 'timeout' })
  })

  test('of something that is not offered fails, and does not compile', async () => {
    // @ts-expect-error the offer is named `add`
    await expect(call('sum', [1, 2])).rejects.toMatchObject({ code: 'internal' })
  })
})
