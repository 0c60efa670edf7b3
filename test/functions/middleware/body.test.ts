import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { NOBODY } from '../../../core/access/access.ts'
import { LAMBDA_BODY, MAX_BODY } from '../../../functions/middleware/body.ts'
import type { HttpEvent } from '../../../functions/middleware/http.ts'
import { httpFunction } from '../../../functions/middleware/http-function.ts'

const deps = { allow: {} as never, audit: () => undefined, authorise: () => NOBODY, report: () => undefined }
const rule = { scope: undefined, query: [], hasBody: true, keepsTo: [] }

/** What a function with a longest body answers to one. */
async function answerTo(body: string | Buffer, headers: Record<string, string> = {}, longestBody?: number) {
  const isBytes = typeof body !== 'string'
  const event = {
    ...{ routeKey: 'POST /v1/events', rawQueryString: '', headers },
    ...{ isBase64Encoded: isBytes, body: isBytes ? body.toString('base64') : body },
  } as unknown as HttpEvent
  const work = ({ body: text = '' }: HttpEvent) => ({ statusCode: 202, body: String(text.length) })
  return httpFunction({ ...deps, ...(longestBody !== undefined && { longestBody }) }, rule, work)(event)
}

describe('the longest body of a request', () => {
  it('is one of which Lambda takes the base64, with all that is around it', () => {
    expect(Math.ceil(LAMBDA_BODY / 3) * 4 + 100_000).toBeLessThan(6_000_000)
  })

  it('is refused above with problem details that name the limit, whatever its form', async () => {
    const over = 'x'.repeat(LAMBDA_BODY + 1)
    for (const body of [over, Buffer.from(over), '評'.repeat(LAMBDA_BODY / 3 + 1)]) {
      const { statusCode, body: text } = await answerTo(body, {}, LAMBDA_BODY)
      expect(statusCode).toBe(413)
      expect(JSON.parse(text!).detail).toMatch(/limited to 4194304 bytes; send fewer events at once/)
    }
    expect((await answerTo('x'.repeat(LAMBDA_BODY), {}, LAMBDA_BODY)).statusCode).toBe(202)
  })

  it('is that of what is sent: gzip may inflate to the limit of API Gateway', async () => {
    const gzip = { 'content-encoding': 'gzip' }
    const inflated = 'x'.repeat(LAMBDA_BODY + 1)
    expect(await answerTo(gzipSync(inflated), gzip, LAMBDA_BODY)).toMatchObject({
      statusCode: 202,
      body: `${inflated.length}`,
    })
    const bomb = await answerTo(gzipSync('x'.repeat(MAX_BODY + 1)), gzip, LAMBDA_BODY)
    expect(bomb.statusCode).toBe(413)
    expect(JSON.parse(bomb.body!).detail).toMatch(/10485760 bytes when inflated/)
  })

  it('is 10 MiB where it is not said', async () => {
    expect((await answerTo('x'.repeat(MAX_BODY))).statusCode).toBe(202)
    expect((await answerTo('x'.repeat(MAX_BODY + 1))).statusCode).toBe(413)
  })
})
