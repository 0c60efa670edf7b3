import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { HealthReport } from '../functions/health.ts'
import type { ShownHold } from '../steps/batch/held.ts'

/** Numbers of health parts that become metrics: part, field, what it says. */
const NUMBERS = [
  ['ingest', 'clockAheadMs', 'How far receipts are ahead of the clock, which was set back, milliseconds'],
  ['ingest', 'lagBytes', 'Bytes of the log that the slowest consumer has yet to read'],
  ['ingest', 'queuedBytes', 'Bytes accepted but not yet durable'],
  ['ingest', 'storedBytes', 'Bytes the log takes on disk'],
  ['speed', 'lagMs', 'How far the speed layer is behind ingest, milliseconds'],
  ['speed', 'counted', 'Events the speed layer has counted since the start'],
  ['speed', 'duplicates', 'Duplicates the speed layer has left out since the start'],
  ['speed', 'retries', 'Batches of the stream delivered again'],
  ['speed', 'dead', 'Records given up to the dead letters'],
  ['speed', 'markers', 'Event ids remembered for deduplication'],
  ['batch', 'running', 'State machines running'],
  ['inbox', 'failed', 'Files that the newest run of file ingest has put aside'],
  ['inbox', 'left', 'Files that it left in the inbox, since it could neither read nor move them'],
  ['warehouse', 'behindMs', 'How long the warehouse has been behind the boundaries, milliseconds'],
] as const

/**
 * The platform's own metrics for Prometheus: the numbers of its health, one per part that is well, and
 * Node's.
 */
export function selfMetrics(health: () => Promise<HealthReport>): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  let report: Promise<HealthReport> | undefined
  const current = () => {
    report ??= health().finally(() => {
      report = undefined
    })
    return report
  }
  for (const [part, field, help] of NUMBERS) {
    new Gauge({
      name: `tributary_${part}_${field.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)}`,
      help,
      registers: [registry],
      async collect() {
        const value = (await current()).parts[part]?.[field]
        if (typeof value === 'number') this.set(value)
      },
    })
  }
  new Gauge({
    name: 'tributary_held',
    help: '1 for each metric and event type whose numbers wait; /v1/health has the reason',
    labelNames: ['kind', 'name'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { kind, name } of heldIn((await current()).parts['batch'])) this.set({ kind, name }, 1)
    },
  })
  new Gauge({
    name: 'tributary_part_up',
    help: '1 where a part is well, else 0',
    labelNames: ['part'],
    registers: [registry],
    async collect() {
      for (const [part, { status }] of Object.entries((await current()).parts))
        this.set({ part }, status === 'ok' ? 1 : 0)
    },
  })
  return registry
}

function heldIn(
  part: HealthReport['parts'][string] | undefined,
): readonly Pick<ShownHold, 'kind' | 'name'>[] {
  return (part?.['held'] ?? []) as readonly ShownHold[]
}
