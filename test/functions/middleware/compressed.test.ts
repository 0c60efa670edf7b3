import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { compressedIfLong } from '../../../functions/middleware/compressed.ts'
import { isDeliverable } from '../../../functions/middleware/deliverable.ts'
import { json } from '../../../functions/middleware/http.ts'

const event = (accepted?: string) => ({
  headers: accepted === undefined ? {} : { 'accept-encoding': accepted },
})
const long = json(200, { paths: Array(500_000).fill({ get: 'x' }) })

describe('an answer that Lambda cannot deliver as it is', () => {
  it('is compressed for a caller that takes gzip, and says so', async () => {
    expect(isDeliverable(long)).toBe(false)
    for (const accepted of ['gzip', 'gzip, deflate, br', 'br;q=1.0, GZIP;q=0.8']) {
      const answer = await compressedIfLong(long, event(accepted))
      expect(isDeliverable(answer)).toBe(true)
      expect(answer).toMatchObject({
        ...{ statusCode: 200, isBase64Encoded: true },
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', vary: 'accept-encoding' },
      })
      expect(gunzipSync(Buffer.from(answer.body!, 'base64')).toString()).toBe(long.body)
    }
  })

  it('is left as it is for one that does not, to be refused', async () => {
    for (const accepted of [undefined, 'identity', 'gzip;q=0', 'gzip; q=0.0', 'xgzip'])
      expect(await compressedIfLong(long, event(accepted))).toBe(long)
  })
})

it('an answer that can be delivered is not compressed', async () => {
  const short = json(200, { status: 'ok' })
  expect(await compressedIfLong(short, event('gzip'))).toBe(short)
})
