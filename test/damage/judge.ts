import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { loadDeclared, SAMPLE } from '../declared.ts'
import { expectedPartials, judge as oracle } from '../oracle.ts'
import { EPOCH_SECONDS, type RunningPlatform } from './process.ts'
import type { SentEvent } from './traffic.ts'

const PATIENCE_MS = 25_000

/** What every metric should answer: metric → window and group → values. */
export async function expectedOf(events: readonly SentEvent[], pipeline = SAMPLE) {
  const { contracts, metrics } = await loadDeclared(pipeline)
  const judged = oracle(
    events.map(event => ({ json: JSON.stringify(event), epoch: 0, partition: 0 })),
    { horizon: 10_000, epochLength: EPOCH_SECONDS * 1000 },
  )
  return Object.fromEntries(
    metrics.map(metric => [
      metric.name,
      Object.fromEntries(
        expectedPartials(judged, metric, contracts).map(({ window, group, values }) => [
          `${new Date(window).toISOString().slice(0, 19)}Z ${group}`,
          values,
        ]),
      ),
    ]),
  )
}

type Answers = Awaited<ReturnType<typeof expectedOf>>
type Health = {
  readonly status: string
  readonly parts: Readonly<Record<string, { readonly status: string }>>
}

/** Why a layer does not answer what is expected, after patience; undefined where it does. */
export async function difference(
  platform: RunningPlatform,
  expected: Answers,
  layer: 'merged' | 'batch',
  patience = PATIENCE_MS,
): Promise<string | undefined> {
  const until = Date.now() + patience
  for (;;) {
    const found = await oneDifference(platform, expected, layer)
    if (found === undefined || platform.hasEnded() || Date.now() > until) return found
    await sleep(300)
  }
}

async function oneDifference(platform: RunningPlatform, expected: Answers, layer: string) {
  for (const [metric, values] of Object.entries(expected)) {
    try {
      const { rows } = await platform.get<{ rows: Row[] }>(`/v1/metrics/${metric}?layer=${layer}`)
      const answer = Object.fromEntries(rows.map(r => [`${r.window} ${JSON.stringify(r.group)}`, r.values]))
      if (!isDeepStrictEqual(answer, values)) return `${metric} (${layer}) differs`
    } catch (error) {
      return `${metric} (${layer}): ${String(error)}`
    }
  }
  return undefined
}

type Row = { readonly window: string; readonly group: unknown; readonly values: never }

/** Everything health says, as text; where the platform is gone, that. */
export async function healthText(platform: RunningPlatform): Promise<{ ok: boolean; text: string }> {
  try {
    const health = await platform.get<Health>('/v1/health')
    return { ok: health.status === 'ok', text: JSON.stringify(health) }
  } catch (error) {
    return { ok: false, text: String(error) }
  }
}
