import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MemoryLog } from './memory-log.ts'
import { Bench, numbered, type Reply, Scripted } from './pump-harness.ts'

type Rules = { readonly batchSize: number; readonly maxRetries: number; readonly bisectOnError: boolean }

/**
 * AWS's documented rules for a Kinesis event source mapping with ReportBatchItemFailures, written as a
 * recursion over lists: the pump must make the very same calls.
 */
function reference(texts: readonly string[], rules: Rules, replies: readonly Reply[]) {
  const calls: string[][] = []
  const applied: string[] = []
  const dead: string[] = []
  const deliver = (batch: readonly string[], retries: number): void => {
    const reply = replyAt(replies, calls.length, batch.length)
    calls.push([...batch])
    const failed = typeof reply === 'number' ? reply : reply === 'fine' ? batch.length : 0
    applied.push(...batch.slice(0, failed))
    const rest = batch.slice(failed)
    if (rest.length === 0) return
    if (rules.bisectOnError && failed > 0) deliver(rest, retries)
    else if (rules.bisectOnError && rest.length > 1) {
      const half = Math.ceil(rest.length / 2)
      deliver(rest.slice(0, half), retries)
      deliver(rest.slice(half), retries)
    } else if (retries < rules.maxRetries) deliver(rest, retries + 1)
    else dead.push(...rest)
  }
  for (let at = 0; at < texts.length; at += rules.batchSize) deliver(texts.slice(at, at + rules.batchSize), 0)
  return { calls, applied, dead }
}

function replyAt(replies: readonly Reply[], call: number, records: number): Reply {
  const reply = replies[call] ?? 'fine'
  return typeof reply === 'number' ? reply % records : reply
}

const replies = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constant<Reply>('fine') },
    { weight: 3, arbitrary: fc.nat(20) },
    { weight: 3, arbitrary: fc.constantFrom<Reply>('throws', 'empty', 'missing', 'unknown') },
  ),
  { maxLength: 40 },
)

it('makes the calls that AWS documents, whatever the handler answers', async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 9 }),
    fc.record({
      batchSize: fc.integer({ min: 1, max: 12 }),
      maxRetries: fc.nat(3),
      bisectOnError: fc.boolean(),
    }),
    replies,
    async (count, readSize, rules, replies) => {
      const texts = numbered(count)
      const bench = new Bench(new MemoryLog(readSize))
      bench.log.append(texts)
      const scripted = new Scripted((batch, call) => replyAt(replies, call, batch.length))
      const pump = bench.start(scripted.handler, rules)
      expect(await pump.drain(5_000)).toBe(true)
      await pump.stop()
      const { calls, applied } = scripted
      expect({ calls, applied, dead: bench.dead }).toEqual(reference(texts, rules, replies))
      expect([...applied, ...bench.dead].sort()).toEqual([...texts].sort())
    },
  )
  await fc.assert(property, { numRuns: 500 })
})
