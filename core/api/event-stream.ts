/**
 * One server-sent event (html.spec.whatwg.org, 9.2).
 *
 * @param data JSON, which has no line breaks
 */
export function eventText(name: string, data: string, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`
}

/** A comment, which readers pass over: it tells that the other side is there. */
export const HEARTBEAT = ': still here\n\n'

/** How long a reader waits before it connects again, ms. */
export function retryText(ms: number): string {
  return `retry: ${ms}\n\n`
}
