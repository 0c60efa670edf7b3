/** A state of a machine, as it is drawn. */
export type StateNode = {
  readonly name: string
  /** Task, Choice, Map, Pass, Wait, Succeed, Fail. */
  readonly kind: string
  readonly next: readonly string[]
  /** Where a failure goes. */
  readonly catches: readonly string[]
  readonly isRetried: boolean
  readonly comment?: string
  /** Names of states inside, of a map. */
  readonly inner?: readonly string[]
}

/** A state machine, as it is drawn. */
export type StateGraph = {
  readonly comment?: string
  readonly start: string
  readonly states: readonly StateNode[]
}
