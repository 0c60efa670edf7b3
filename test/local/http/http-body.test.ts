import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { type BodyBudget, createBodyBudget } from '../../../local/http/body-budget.ts'
import { ABORTED, type ReadBody, readBody } from '../../../local/http/http-body.ts'

const KB = 1024
const LIMITS = { body: 300 * KB, inflated: 400 * KB }

let budget: BodyBudget
afterEach(() => budget.stop())

/** A body that arrives chunk by chunk, and what becomes of it. */
function arriving(
  share: number,
  more: object = {},
): { request: PassThrough; read: Promise<ReadBody | typeof ABORTED> } {
  budget = createBodyBudget({ all: 10 * share, ofOne: share })
  const headers = { 'transfer-encoding': 'chunked', ...more }
  const request = Object.assign(new PassThrough({ highWaterMark: 1024 * KB }), { headers })
  return { request, read: readBody(request as unknown as IncomingMessage, LIMITS, budget, 'sender') }
}

/** Two chunks that have arrived. */
async function sendTwo(request: PassThrough): Promise<readonly Buffer[]> {
  const chunks = [1, 2].map(byte => Buffer.alloc(100 * KB, byte))
  for (const chunk of chunks) request.write(chunk)
  await new Promise(resolve => setImmediate(resolve))
  return chunks
}

const lengths = (chunks: readonly Buffer[]) => chunks.map(({ byteLength }) => byteLength)

describe('the memory of a body', () => {
  test('is given back at once where the body outgrows its limit', async () => {
    const { request, read } = arriving(1024 * KB)
    const chunks = await sendTwo(request)
    expect(lengths(chunks)).toEqual([100 * KB, 100 * KB])
    request.write(Buffer.alloc(150 * KB))
    await expect(read).rejects.toMatchObject({ code: 'too_large' })
    expect(lengths(chunks)).toEqual([0, 0])
  })

  test('is given back at once where the sender has taken its share', async () => {
    const { request, read } = arriving(250 * KB)
    const chunks = await sendTwo(request)
    request.write(Buffer.alloc(80 * KB))
    await expect(read).rejects.toMatchObject({ code: 'overloaded' })
    expect(lengths(chunks)).toEqual([0, 0])
  })

  test('is given back at once where the sender goes away', async () => {
    const { request, read } = arriving(1024 * KB)
    const chunks = await sendTwo(request)
    request.destroy()
    expect(await read).toBe(ABORTED)
    expect(lengths(chunks)).toEqual([0, 0])
  })

  test('is that of what a compressed body may come to, which is little where it is small', async () => {
    const zipped = { 'content-encoding': 'gzip' }
    for (const [bytes, charged] of [
      [100, 100 * 1032],
      [KB, 400 * KB],
    ] as const) {
      const { request, read } = arriving(1024 * KB, zipped)
      request.end(Buffer.alloc(bytes))
      expect(await read).toMatchObject({ held: { bytes: charged } })
    }
    // What inflates most: zeros, of any length.
    const zeros = Buffer.alloc(8 * KB * KB)
    expect(zeros.byteLength).toBeLessThan(gzipSync(zeros).byteLength * 1032)
  })

  test('stays with a body that is whole, of one chunk or of many', async () => {
    const { request, read } = arriving(1024 * KB)
    const chunks = await sendTwo(request)
    request.end()
    const whole = await read
    expect(whole).toMatchObject({ body: Buffer.concat(chunks) })
    request.destroy()
    await new Promise(resolve => setImmediate(resolve))
    expect(whole).toMatchObject({ body: { byteLength: 200 * KB } })
  })
})
