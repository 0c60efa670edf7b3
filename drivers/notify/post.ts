import type { Sent } from '../../core/ports/alerts/notify.ts'

/** Statuses after which the same request may well be taken later. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429])

/**
 * POSTs JSON. What goes wrong is told without the address, which may be a secret in itself, and without the
 * answer's text; the answer is not read. Redirects are not followed: the body is for whom was named.
 */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Sent> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
      redirect: 'manual',
      signal,
    })
    await answer.body?.cancel()
    if (answer.ok) return { kind: 'sent' }
    const isRefused = answer.status >= 400 && answer.status < 500 && !LATER.has(answer.status)
    return { kind: 'failed', detail: `it answered ${answer.status}`, isRefused }
  } catch (cause) {
    return { kind: 'failed', detail: reasonOf(cause), isRefused: false }
  }
}

/** The kind of a failure of the network: messages of the runtime may quote an address. */
export function reasonOf(cause: unknown): string {
  const { name, code, cause: inner } = cause as { name?: string; code?: unknown; cause?: unknown }
  if (name === 'TimeoutError' || name === 'AbortError') return 'it did not answer in time'
  if (typeof code === 'string') return `it cannot be reached (${code.slice(0, 40)})`
  return inner === undefined || inner === cause ? 'it cannot be reached' : reasonOf(inner)
}
