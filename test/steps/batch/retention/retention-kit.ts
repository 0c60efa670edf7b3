import { formatCells } from '../../../../core/cells/cells.ts'
import type { Pipeline } from '../../../../core/declare/pipeline.ts'
import type { RetentionDeclaration } from '../../../../core/declare/retention.ts'
import { orderedPartials } from '../../../../core/sql/partials.ts'
import { combined, partialRows } from '../../../../steps/batch/partial-rows.ts'
import { partialPlaces, partialsIn } from '../../../../steps/batch/retention/all-partials.ts'
import { order, orders, pipelineOf, T0, visit, visits, type World } from '../batch-kit.ts'
import { type BatchPorts, portsOf, runBatch } from '../batch-run.ts'

export const DAY = 86_400_000
export const METRICS = [orders, visits]

/** The pipeline of the batch tests, of which orders are kept for a time. */
export function keeping(retention?: RetentionDeclaration): Pipeline {
  const declared = retention === undefined ? order : { ...order, retention }
  return pipelineOf(METRICS, [declared, visit])
}

/** The end of a day of the tests, after all of its epochs. */
export const endOf = (day: number) => T0 + (day + 1) * DAY

/** A batch at an instant. */
export async function batchAt(world: World, pipeline: Pipeline, clock: number, ports?: BatchPorts) {
  world.clock = clock
  return runBatch(ports ?? portsOf(world, pipeline))
}

/** What the sweeps of some reports say. */
export function sweptIn(reports: readonly Record<string, unknown>[]): readonly Swept[] {
  return reports.flatMap(({ retention }) => (retention === undefined ? [] : [retention as Swept]))
}

export type Swept = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** The views of every metric as the lake alone makes them: what doctor and the warehouse make of it. */
export async function rebuilt(world: World, pipeline: Pipeline): Promise<Record<string, readonly string[]>> {
  const { lake, engine, batch } = world
  const all: Record<string, readonly string[]> = {}
  for (const metric of pipeline.metrics) {
    const through = (await batch.boundary(metric.id))?.epoch ?? Number.NEGATIVE_INFINITY
    const partials = await partialsIn(lake, await partialPlaces(lake, metric.id, through))
    const texts: string[] = []
    if (partials.length > 0)
      await engine.session(async session => {
        const rows = partialRows(session, metric, orderedPartials(engine.dialect, metric, partials))
        for await (const entries of combined(metric, rows))
          for (const { window, group, cells } of entries)
            texts.push(`${window} ${group} ${formatCells(metric.kinds, cells!)}`)
      })
    all[metric.name] = texts.sort()
  }
  return all
}
