import { setTimeout as pause } from 'node:timers/promises'

/** Waits until a check passes; fails with what it said last, and with what `otherwise` has to say. */
export async function until(
  what: string,
  patienceMs: number,
  check: () => Promise<void>,
  otherwise: () => Promise<unknown> = async () => '',
): Promise<void> {
  for (const end = Date.now() + patienceMs; ; await pause(1_000)) {
    try {
      return await check()
    } catch (cause) {
      if (Date.now() < end) continue
      const state = JSON.stringify(await otherwise())
      throw new Error(`not within ${patienceMs} ms: ${what} ${state}`, { cause })
    }
  }
}
