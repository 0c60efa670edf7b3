import type { DrillStage, Values } from './stage.ts'

/**
 * What a row of docs/operations.md is tried by. `commands` are the row's own, word for word, where it has
 * any; what it only says in words ("mend the cause") is what `bring` answers.
 */
export type Drill = {
  /** As the page has them. */
  readonly alarms: readonly string[]
  /** Of those that the page has a placeholder for: of which function or machine. */
  readonly of?: string
  /** Brings the condition about; answers how its cause is mended. */
  bring(stage: DrillStage): Promise<() => Promise<void>>
  /** What the metrics of the alarms come to since an instant. */
  metrics(stage: DrillStage, since: number): Promise<Values>
  /** Commands of the row, run in turn; `runs start` is waited for. */
  readonly commands: readonly string[]
  /** Is done in place of that where the row refers to a section of the page. */
  readonly instead?: (stage: DrillStage) => Promise<void>
  /** Shows that the condition is gone, beside the metrics. */
  gone(stage: DrillStage): Promise<void>
}

/** No cause to mend by hand, or nothing further to show. */
export const nothing = async (): Promise<void> => {}

/** Executions of a machine since an instant, by how they ended; nothing where there are none. */
export async function executions(
  { run, platform }: DrillStage,
  machine: string,
  since: number,
  status: string,
): Promise<number | null> {
  const arn = platform.resources[machine]!
  const printed = await run(`aws stepfunctions list-executions --state-machine-arn ${arn}`)
  const listed = (JSON.parse(printed) as { executions: { status: string; startDate: number }[] }).executions
  const of = listed.filter(one => one.status === status && one.startDate * 1000 >= since)
  return of.length === 0 ? null : of.length
}
