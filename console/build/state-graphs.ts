import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Plugin } from 'vite'
import type { StateGraph, StateNode } from '../data/state-graph.ts'

/** A state of the Amazon States Language, as far as its place in a drawing goes. */
type State = {
  readonly Type: string
  readonly Comment?: string
  readonly Next?: string
  readonly Default?: string
  readonly Choices?: readonly { readonly Next?: string }[]
  readonly Catch?: readonly { readonly Next: string }[]
  readonly Retry?: readonly unknown[]
  readonly Iterator?: Machine
  readonly ItemProcessor?: Machine
  readonly Branches?: readonly Machine[]
}
type Machine = {
  readonly Comment?: string
  readonly StartAt: string
  readonly States: Readonly<Record<string, State>>
}

const MODULE = 'virtual:state-graphs'

/**
 * The state machines as a module: names, kinds and transitions alone, a tenth of the files. They are read
 * when the console is built, so the drawing cannot differ from what this version runs.
 */
export function stateGraphs(folder: string): Plugin {
  return {
    name: 'state-graphs',
    resolveId: id => (id === MODULE ? `\0${MODULE}` : undefined),
    load: id => (id === `\0${MODULE}` ? `export default ${JSON.stringify(readGraphs(folder))}` : undefined),
  }
}

/** Every machine of a folder by its name. */
export function readGraphs(folder: string): Readonly<Record<string, StateGraph>> {
  const files = readdirSync(folder).filter(name => name.endsWith('.asl.json'))
  return Object.fromEntries(
    files.map(name => [
      basename(name, '.asl.json'),
      graphOf(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Machine),
    ]),
  )
}

function graphOf({ Comment, StartAt, States }: Machine): StateGraph {
  return {
    ...(Comment !== undefined && { comment: Comment }),
    start: StartAt,
    states: Object.entries(States).map(([name, state]) => nodeOf(name, state)),
  }
}

function nodeOf(name: string, state: State): StateNode {
  const { Type, Comment, Next, Default, Choices = [], Catch = [], Retry = [] } = state
  const next = [Next, ...Choices.map(choice => choice.Next), Default].filter(one => one !== undefined)
  const inner = [state.Iterator, state.ItemProcessor, ...(state.Branches ?? [])].flatMap(innerStates)
  return {
    name,
    kind: Type,
    next: [...new Set(next)],
    catches: [...new Set(Catch.map(one => one.Next))],
    isRetried: Retry.length > 0,
    ...(Comment !== undefined && { comment: Comment }),
    ...(inner.length > 0 && { inner }),
  }
}

/** Names of the states inside a map or its branches, however deep. */
function innerStates(machine: Machine | undefined): readonly string[] {
  if (machine === undefined) return []
  return Object.entries(machine.States).flatMap(([name, state]) => [
    name,
    ...[state.Iterator, state.ItemProcessor, ...(state.Branches ?? [])].flatMap(innerStates),
  ])
}
