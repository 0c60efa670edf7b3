import { setTimeout as sleep } from 'node:timers/promises'

/** How long to wait before trying again: doubles from `baseMs`, at most `capMs`. */
export type Backoff = { readonly baseMs: number; readonly capMs: number }

/**
 * Milliseconds to wait after the `failures`-th failure in a row (from 0): half of it fixed, half random, so
 * that consumers which failed together do not come back together.
 */
export function backoffMs({ baseMs, capMs }: Backoff, failures: number, random = Math.random): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(failures, 30))
  return full / 2 + (random() * full) / 2
}

/** Waits, but no longer than until `signal` aborts. */
export async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
