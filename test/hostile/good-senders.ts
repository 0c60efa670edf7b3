import { setTimeout as sleep } from 'node:timers/promises'
import { BATCH, flight } from '../local/test-platform.ts'

/** How long answers took, ms, and what else than 202 was answered. */
export type Experience = { readonly times: number[]; readonly refusals: string[] }

/** Senders at work at one time. */
const SENDERS = 3
const PAUSE_MS = 5

let ids = 0

/**
 * Sends small batches for some time, each sender to every server in turn, a tenth of the requests on
 * connections of their own. So what the servers have to do besides, on one machine, is the same.
 */
export async function sendFor(urls: readonly string[], ms: number): Promise<readonly Experience[]> {
  const found = urls.map((): Experience => ({ times: [], refusals: [] }))
  const one = async () => {
    for (const end = performance.now() + ms; performance.now() < end; await sleep(PAUSE_MS))
      for (const [i, url] of urls.entries()) {
        const begun = performance.now()
        const status = await send(url)
        found[i]!.times.push(performance.now() - begun)
        if (status !== '202') found[i]!.refusals.push(status)
      }
  }
  await Promise.all(Array.from({ length: SENDERS }, one))
  return found
}

async function send(url: string): Promise<string> {
  const isAlone = Math.random() < 0.1
  const body = JSON.stringify(Array.from({ length: 5 }, () => flight(`good-${ids++}`)))
  const headers = { ...BATCH, authorization: 'Bearer good', ...(isAlone && { connection: 'close' }) }
  try {
    const answer = await fetch(`${url}/v1/events`, { method: 'POST', body, headers })
    await answer.text()
    return String(answer.status)
  } catch (error) {
    return String((error as Error).cause ?? error)
  }
}

/** The value below which 99 % are. */
export function p99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0
}
