import { expect } from 'vitest'
import { formatCells } from '../../../core/cells/cells.ts'
import type { Pipeline } from '../../../core/declare/pipeline.ts'
import type { Run } from '../../../core/ports/runs.ts'
import type { AsOf } from '../../../steps/history/past-moment.ts'
import { createReadPast, type ReadPast } from '../../../steps/history/read-past.ts'
import type { World } from '../batch/batch-kit.ts'
import { portsOf } from '../batch/batch-run.ts'

/** All partials of a metric. */
const ALL = { from: undefined, to: undefined, groups: undefined, limit: 100_000 } as const

/** Ports of steps that keep what batch views were. */
export function keepingPorts(world: World, pipeline: Pipeline) {
  return { ...portsOf(world, pipeline), keepsHistory: true }
}

/** Runs as the world had them, and questions about what they left. */
export function openPast(world: World, pipeline: Pipeline) {
  const runs = new Map<string, Run>()
  const readPast: ReadPast = (query, asOf) =>
    createReadPast({
      ...{ pipeline, lake: world.lake, engine: world.engine, batch: world.batch },
      runs: { get: async id => runs.get(id) },
      now: () => world.clock,
    })(query, asOf)
  const idOf = (name: string) => pipeline.metrics.find(metric => metric.name === name)!.id
  const shown = (name: string, partials: Awaited<ReturnType<ReadPast>>['partials']) => {
    const { kinds } = pipeline.metrics.find(metric => metric.name === name)!
    return partials.map(p => `${p.window} ${p.group} ${formatCells(kinds, p.cells)}`).sort()
  }
  return {
    readPast,
    ended(id: string, endedAt: number): void {
      const run = { id, machine: 'batch', input: {}, states: [], report: {}, startedAt: endedAt }
      runs.set(id, { ...run, status: 'succeeded', endedAt })
    },
    going(id: string): void {
      const run = { id, machine: 'batch', input: {}, states: [], report: {}, startedAt: world.clock }
      runs.set(id, { ...run, status: 'running' })
    },
    async now(name: string) {
      const { boundary, partials } = await world.batch.query({ ...ALL, metric: idOf(name) })
      return { boundary: boundary!, partials: shown(name, partials) }
    },
    async asOf(name: string, asOf: AsOf) {
      const { boundary, partials } = await readPast({ ...ALL, metric: idOf(name) }, asOf)
      return { boundary, partials: shown(name, partials) }
    },
  }
}

export type PastOfWorld = ReturnType<typeof openPast>

/** What the views of every metric say now. */
export type Known = Readonly<Record<string, Awaited<ReturnType<PastOfWorld['now']>>>>

export async function known(past: PastOfWorld, pipeline: Pipeline): Promise<Known> {
  const entries = pipeline.metrics.map(async ({ name }) => [name, await past.now(name)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

/** Whether what was known is what the past says now. */
export async function expectKnown(past: PastOfWorld, before: Known, asOf: AsOf): Promise<void> {
  for (const [name, expected] of Object.entries(before))
    expect(await past.asOf(name, asOf), `${name} as of ${JSON.stringify(asOf)}`).toEqual(expected)
}
