/** A state machine in Amazon States Language (JSONPath), as far as the runner looks into it. */
export type StateMachineDefinition = {
  readonly StartAt: string
  readonly States: Readonly<Record<string, AslState>>
  readonly TimeoutSeconds?: number
}

export type AslState = {
  readonly Type: string
  readonly Resource?: string
  readonly Parameters?: unknown
  readonly TimeoutSeconds?: number
  readonly TimeoutSecondsPath?: string
  readonly ItemProcessor?: StateMachineDefinition
  readonly Iterator?: StateMachineDefinition
  readonly Branches?: readonly StateMachineDefinition[]
}

/** A Task state and the Map and Parallel states around it, outermost first. */
export type PlacedTask = {
  readonly name: string
  readonly state: AslState
  readonly parents: readonly string[]
}

/** Every Task state, also inside of Map and Parallel states. */
export function tasksOf(definition: StateMachineDefinition, parents: readonly string[] = []): PlacedTask[] {
  return Object.entries(definition.States).flatMap(([name, state]) => {
    const inner = [state.ItemProcessor, state.Iterator, ...(state.Branches ?? [])]
    const nested = inner.filter(d => d !== undefined).flatMap(d => tasksOf(d, [...parents, name]))
    return state.Type === 'Task' ? [{ name, state, parents }] : nested
  })
}

/** The same machine with every Task state changed by `change`, which is told its name. */
export function mapTasks(
  definition: StateMachineDefinition,
  change: (state: AslState, name: string) => AslState,
): StateMachineDefinition {
  const inside = (inner: StateMachineDefinition) => mapTasks(inner, change)
  const visit = (state: AslState, name: string): AslState => {
    if (state.Type === 'Task') return change(state, name)
    return {
      ...state,
      ...(state.ItemProcessor && { ItemProcessor: inside(state.ItemProcessor) }),
      ...(state.Iterator && { Iterator: inside(state.Iterator) }),
      ...(state.Branches && { Branches: state.Branches.map(inside) }),
    }
  }
  const States = Object.fromEntries(
    Object.entries(definition.States).map(([name, state]) => [name, visit(state, name)]),
  )
  return { ...definition, States }
}
