import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { absence, change, slack, threshold, webhook } from '../../../core/declare/alerts/alert.ts'
import type { Destination } from '../../../core/declare/alerts/destinations.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { openLmdbAlerts } from '../../../drivers/alerts/lmdb.ts'
import { createNotify } from '../../../drivers/notify/notify.ts'
import { loadDeclarations } from '../../../drivers/pipeline/folder.ts'
import { openAlerts } from '../../../steps/alerts/alerts.ts'
import type { QueryMetric } from '../../../steps/query-metric.ts'

/**
 * The alerts of a platform in a process of their own, which a test kills: a world whose minutes are a few
 * milliseconds long, and whose clock is in a file, so that it goes on where it stood.
 */
const MINUTE = 60_000
export const BEGIN = Date.UTC(2026, 0, 5)

/** Trips of each minute, by how many minutes after the beginning it is. */
export function tripsAt(minute: number): number {
  if (minute % 10 === 7 || minute % 10 === 8) return 0
  return minute % 10 < 3 ? 100 : 10
}

export const TO: readonly Destination[] = [
  webhook('ALERT_HOOK', { token: 'ALERT_TOKEN' }),
  slack('ALERT_SLACK'),
  webhook('ALERT_DEAD'),
]

/** An alert of each kind, by windows of a minute. */
export async function pipelineOf(folder: string, to = TO) {
  const metric = 'fleet_minutely'
  const common = { metric, to, lateness: '10s' }
  const alerts = [
    { ...common, name: 'many', when: threshold('reports', { above: 50 }), for: 2 },
    { ...common, name: 'none', when: absence() },
    { ...common, name: 'jump', when: change('reports', { against: 'previous', ratio: { above: 5 } }) },
    { ...common, name: 'silent', when: threshold('reports', { above: 50 }) },
  ]
  const declared = await loadDeclarations(folder)
  return compilePipeline({
    ...declared,
    alerts: alerts.map(declaration => ({ file: `alerts/${declaration.name}.ts`, declaration })),
  })
}

/** The answer of a metric that has so many trips a minute. */
export const queryTrips: QueryMetric = async ({ name, from = 0, window = 'minute' }) => {
  const reports = tripsAt((from - BEGIN) / MINUTE)
  const values = { reports }
  return {
    ...{ metric: name, window },
    rows: reports === 0 ? [] : [{ window: new Date(from).toISOString(), group: {}, values }],
    provenance: { boundary: null, run: null, asOf: '', lagMs: 0 },
  }
}

/** Minutes of a silence of the alert `silent`. */
export const SILENT = { from: 15, to: 25 } as const

async function live(folder: string, pipelineFolder: string, until: number): Promise<void> {
  const clock = `${folder}/clock`
  // A tick a line: a write that is cut off by a kill is a tick that was not.
  const ticks = () => (existsSync(clock) ? readFileSync(clock, 'utf8').length : 0)
  const now = () => BEGIN + ticks() * 15_000
  const store = openLmdbAlerts(`${folder}/alerts`)
  const alerts = await openAlerts({
    ...{ pipeline: await pipelineOf(pipelineFolder), store, platform: 'test', now },
    queryMetric: queryTrips,
    acknowledged: () => 0,
    hasApplied: () => true,
    report: failure => process.stderr.write(`${failure.message}\n`),
    notify: createNotify(process.env),
    settingProblem: () => undefined,
  })
  while (now() < BEGIN + until * MINUTE) {
    await alerts.judge()
    await alerts.deliver()
    const minute = (now() - BEGIN) / MINUTE
    const { silence } = (await alerts.list()).find(({ alert }) => alert.name === 'silent')!.record ?? {}
    if (minute >= SILENT.from && minute < SILENT.to && silence === undefined)
      await alerts.silence('silent', { until: BEGIN + SILENT.to * MINUTE, by: 'test', why: 'drill' })
    appendFileSync(clock, '.')
    await pause(1)
  }
  // What waits for destinations that answer is sent before the end.
  for (
    let i = 0;
    i < 500 && (await store.waiting()).some(({ first }) => !first.destination.includes('DEAD'));
    i++
  ) {
    await alerts.deliver()
    appendFileSync(clock, '.')
    await pause(5)
  }
  process.stdout.write('done\n')
  process.exit(0)
}

const [, , folder, pipelineFolder, until] = process.argv
if (import.meta.main) await live(folder!, pipelineFolder!, Number(until))
