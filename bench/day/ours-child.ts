import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_HORIZON, horizonEpochs } from '../../core/data/epoch.ts'
import { WINDOWS } from '../../core/data/time.ts'
import { present } from '../../core/fold/present.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { CERTIFY, EPOCH_LENGTH, openBatchWorld, runSteps, totalOf } from '../batch-world.ts'
import type { ResultName, ResultRow } from '../peers/batch/results.ts'
import { type Day, epochOfHour, linesOf, TYPE } from './events.ts'

/**
 * `node ours-child.ts FOLDER RESULTS EVENTS HOURS`: the platform's batch run, hour by hour, over the raw lake
 * in FOLDER/lake, and what its query API would answer then, as JSON in RESULTS. Prints one line of JSON.
 */
const [folder, file, ...numbers] = process.argv.slice(2) as [string, string, ...string[]]
const [events, hours] = numbers.map(Number) as [number, number]
const day: Day = { events, hours }
const METRICS: Readonly<Record<ResultName, string>> = {
  hourly: 'trips_hourly',
  daily: 'riders_daily',
  minutely: 'trips_minutely',
}

const pipeline = await loadPipeline(join(import.meta.dirname, 'pipeline'))
const { ports, delivered, mismatches, close } = await openBatchWorld(folder, pipeline, TYPE, {
  horizon: horizonEpochs(DEFAULT_HORIZON, EPOCH_LENGTH),
})
for (let hour = 0; hour < hours; hour++) delivered(epochOfHour(hour), linesOf(day, hour))
const { [CERTIFY]: certifying = 0, ...steps } = await runSteps(ports)
const answers = Object.entries(METRICS).map(async ([name, metric]) => [name, await answerOf(metric)] as const)
writeFileSync(file, JSON.stringify(Object.fromEntries(await Promise.all(answers))))
await close()
if (mismatches() > 0) throw new Error(`${mismatches()} epochs do not reconcile`)
const said = { seconds: totalOf(steps), steps, version: 'Tributary', certifying }
process.stdout.write(`${JSON.stringify(said)}\n`)

async function answerOf(name: string): Promise<readonly ResultRow[]> {
  const metric = pipeline.metrics.find(each => each.name === name)!
  const all = { from: undefined, to: undefined, groups: undefined, rollup: undefined }
  const limit = Number.POSITIVE_INFINITY
  const { partials } = await ports.batch.query({ metric: metric.id, ...all, limit })
  return partials.map(({ window, group, cells }) => {
    const { hoverboard_id: board } = JSON.parse(group) as { hoverboard_id?: number }
    const values = present(metric, cells, WINDOWS[metric.window]) as ResultRow['values']
    return { key: [window, board].filter(part => part !== undefined).join(' '), values }
  })
}
