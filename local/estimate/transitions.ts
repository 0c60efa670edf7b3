/** A state machine, as far as its path goes. */
export type Machine = { readonly StartAt: string; readonly States: Readonly<Record<string, State>> }

type State = {
  readonly Type: string
  readonly Next?: string
  readonly Default?: string
  readonly Choices?: readonly Choice[]
  readonly ItemsPath?: string
  readonly ItemReader?: object
  readonly ItemProcessor?: Machine
}

type Choice = { readonly Next: string; readonly Variable?: string; readonly IsPresent?: boolean }

/** What a run works on. */
export type Work = { readonly types: number; readonly metrics: number }

/** No machine has as many states on its way. */
const MOST = 1000

/**
 * State transitions that a run with one piece of work is billed for: every state that is entered counts,
 * those of a map once an item. At a choice the run goes where there is work, its first way, once, and then on
 * by the default; what an input would have to ask for (`IsPresent`) is not asked for. Retries and waits are
 * extra.
 *
 * @param machine the definition in Amazon States Language
 */
export function transitionsOf(machine: Machine, work: Work): number {
  const taken = new Set<string>()
  let transitions = 0
  let name: string | undefined = machine.StartAt
  while (name !== undefined && transitions < MOST * (1 + work.types + work.metrics)) {
    const state: State | undefined = machine.States[name]
    if (state === undefined) break
    transitions += 1 + itemsOf(name, state, work)
    name = state.Choices === undefined ? state.Next : chosen(name, state, taken)
  }
  return transitions
}

function chosen(name: string, { Choices = [], Default }: State, taken: Set<string>): string | undefined {
  const [first] = Choices.filter(({ IsPresent }) => IsPresent !== true)
  if (first === undefined || taken.has(name)) return Default
  taken.add(name)
  return first.Next
}

/** Transitions within a map. What it goes over is told by where its items lie, or by its name. */
function itemsOf(name: string, { ItemProcessor, ItemsPath = '', ItemReader }: State, work: Work): number {
  if (ItemProcessor === undefined) return 0
  if (name === 'Compare') return (work.types + work.metrics) * transitionsOf(ItemProcessor, work)
  const isOfTypes = /types?\b/i.test(`${ItemsPath}${JSON.stringify(ItemReader ?? '')}`) || name === 'Refine'
  // Within a type there are its own metrics.
  const own = { types: 1, metrics: work.metrics / Math.max(1, work.types) }
  return isOfTypes
    ? work.types * transitionsOf(ItemProcessor, own)
    : work.metrics * transitionsOf(ItemProcessor, work)
}
