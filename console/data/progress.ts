import type { Run } from './api.ts'
import type { StateGraph } from './state-graph.ts'

/** What a run did in a state. */
export type Visit = {
  readonly name: string
  /** How often it was entered: turns, items of a map, tries again. */
  readonly times: number
  /** First time, ISO. */
  readonly enteredAt: string
  /** In all; undefined of states inside of a map, which overlap. */
  readonly ms: number | undefined
  /** Inside of this one. */
  readonly inside: string | undefined
}

/** How far a run is in its machine. */
export type Progress = {
  readonly visits: readonly Visit[]
  /** Where it is, or where it ended. */
  readonly last: string | undefined
  /** Transitions that it made, as `from to`. */
  readonly taken: ReadonlySet<string>
}

/** @param now ms, the end of what goes on */
export function progressOf(run: Run, graph: StateGraph | undefined, now: number): Progress {
  const insideOf = new Map(
    (graph?.states ?? []).flatMap(({ name, inner = [] }) => inner.map(one => [one, name] as const)),
  )
  const outer = run.states.filter(({ name }) => !insideOf.has(name))
  const end = run.endedAt === null ? now : Date.parse(run.endedAt)
  const spent = new Map<string, number>()
  outer.forEach(({ name, enteredAt }, i) => {
    const until = outer[i + 1] === undefined ? end : Date.parse(outer[i + 1]!.enteredAt)
    spent.set(name, (spent.get(name) ?? 0) + Math.max(0, until - Date.parse(enteredAt)))
  })
  const visits = [...Map.groupBy(run.states, ({ name }) => name)].map(([name, all]) => ({
    ...{ name, times: all.length, enteredAt: all[0]!.enteredAt },
    ...{ ms: spent.get(name), inside: insideOf.get(name) },
  }))
  const taken = new Set(outer.slice(1).map(({ name }, i) => `${outer[i]!.name} ${name}`))
  return { visits, last: outer.at(-1)?.name, taken }
}

/** How long a run took, or takes so far, ms. */
export function durationOf({ startedAt, endedAt }: Run, now: number): number {
  return Math.max(0, (endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt))
}
