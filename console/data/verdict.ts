import type { Run } from './api.ts'

type Fields = Readonly<Record<string, unknown>>

/** What a run compared, over all of its epochs. */
export type Verdict = {
  readonly epochs: number
  readonly types: number
  readonly metrics: number
  /** Events of the raw lake that the run looked at. */
  readonly events: number
  readonly duplicates: number
  /** Partials of which both layers' numbers were compared, and on how many they differ. */
  readonly compared: number
  readonly different: number
  /** What differs, type by type, in the words of the report. */
  readonly problems: readonly string[]
}

/** A line of a report: a type in an epoch. */
export type TypeLine = {
  readonly epoch: string
  readonly type: string
  readonly raw: number
  readonly curated: number
  readonly duplicates: number
  readonly accepted: number
  readonly counted: number
  readonly problems: readonly string[]
}

/** A line of a report: a metric in an epoch. */
export type MetricLine = {
  readonly epoch: string
  readonly metric: string
  readonly compared: number
  readonly different: number
}

/** Undefined where a run compared nothing. */
export function verdictOf(run: Run): Verdict | undefined {
  const [types, metrics] = [typeLines(run), metricLines(run)]
  if (types.length + metrics.length === 0) return undefined
  const sum = <T>(lines: readonly T[], of: (line: T) => number) =>
    lines.reduce((all, one) => all + of(one), 0)
  return {
    epochs: new Set([...types, ...metrics].map(({ epoch }) => epoch)).size,
    types: new Set(types.map(({ type }) => type)).size,
    metrics: new Set(metrics.map(({ metric }) => metric)).size,
    events: sum(types, line => line.raw),
    duplicates: sum(types, line => line.duplicates),
    compared: sum(metrics, line => line.compared),
    different: sum(metrics, line => line.different),
    problems: types.flatMap(({ type, problems }) => problems.map(problem => `${type}: ${problem}`)),
  }
}

export function isProved(verdict: Verdict): boolean {
  return verdict.different === 0 && verdict.problems.length === 0
}

/**
 * Whether it says anything of the two layers: a backfill of epochs that are over finds no live numbers any
 * more to compare with.
 */
export function isJudgement(verdict: Verdict | undefined): verdict is Verdict {
  return verdict !== undefined && (verdict.compared > 0 || !isProved(verdict))
}

export function typeLines(run: Run): readonly TypeLine[] {
  return reconciliations(run, 'types').map(([epoch, type, line]) => ({
    ...{ epoch, type, raw: number(line['raw']), curated: number(line['curated']) },
    ...{ duplicates: number(line['duplicates']), accepted: number(line['accepted']) },
    counted: number(line['counted']),
    problems: Array.isArray(line['problems']) ? line['problems'].map(String) : [],
  }))
}

export function metricLines(run: Run): readonly MetricLine[] {
  return reconciliations(run, 'metrics').map(([epoch, id, line]) => ({
    // The name, and behind a dot which declaration of it.
    ...{ epoch, metric: id.replace(/\.[0-9a-f]+$/, '') },
    ...{ compared: number(line['compared']), different: number(line['different']) },
  }))
}

function reconciliations(
  run: Run,
  kind: 'types' | 'metrics',
): readonly (readonly [string, string, Fields])[] {
  return Object.entries(fields(run.report['epochs'])).flatMap(([epoch, said]) =>
    Object.entries(fields(fields(fields(said)['reconciliation'])[kind])).map(
      ([name, line]) => [instantOf(epoch), name, fields(line)] as const,
    ),
  )
}

/** `20260131T120000Z`, as reports name epochs, as an ISO instant. */
export function instantOf(compact: string): string {
  return compact.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/, '$1-$2-$3T$4:$5:$6')
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
