import type { Access } from '../../core/access/access.ts'
import { type Allow, type Standing, tooFast } from '../../steps/allow.ts'
import type { HttpResponse } from './http.ts'
import { problemResponse } from './problem.ts'

/**
 * The answer to a call of a key that has a rate: the work's own, or 429 for one too many. Either says how the
 * key stands (draft-ietf-httpapi-ratelimit-headers).
 */
export async function withinRate(
  allow: Allow,
  access: Access,
  work: () => Promise<HttpResponse> | HttpResponse,
): Promise<HttpResponse> {
  const standing = await allow.request(access)
  if (standing === undefined) return work()
  const answer = standing.left < 0 ? problemResponse(tooFast(access, standing)) : await work()
  return { ...answer, headers: { ...answer.headers, ...headersOf(standing) } }
}

function headersOf({ of, most, windowMs, left, seconds }: Standing): Readonly<Record<string, string>> {
  return {
    'ratelimit-policy': `"${of}";q=${most};w=${windowMs / 1000}`,
    ratelimit: `"${of}";r=${Math.max(0, left)};t=${seconds}`,
  }
}
