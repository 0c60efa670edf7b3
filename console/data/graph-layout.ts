import type { StateGraph, StateNode } from './state-graph.ts'

/** A state with its place in the drawing. */
export type Placed = StateNode & {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A transition. `back`: to a state that lies above. */
export type Edge = {
  readonly from: Placed
  readonly to: Placed
  readonly isBack: boolean
  readonly isCatch: boolean
}

export type Layout = {
  readonly nodes: readonly Placed[]
  readonly edges: readonly Edge[]
  readonly width: number
  readonly height: number
}

const NODE = { width: 150, height: 32, inner: 16 } as const
const GAP = { x: 22, y: 26 } as const
/** Room for transitions that go back, at the left and the right. */
const MARGIN = 26

/**
 * Places the states of a machine in layers, each below all that lead to it. Transitions on failure are
 * drawn where they alone lead to a state, as nearly every state has one to the same end. Ends of failures
 * are drawn where a run came to one: a dozen that nobody saw would hide the way of all others.
 *
 * @param entered names of states that a run was in
 */
export function layoutOf({ start, states: all }: StateGraph, entered: ReadonlySet<string>): Layout {
  const states = all.filter(({ kind, name }) => kind !== 'Fail' || entered.has(name))
  const byName = new Map(states.map(state => [state.name, state]))
  const followed = followedOf(states)
  const depth = depthsOf(start, followed, byName)
  const layers = layersOf(states, depth, followed)
  const width = Math.max(...layers.map(({ length }) => length * (NODE.width + GAP.x) - GAP.x)) + 2 * MARGIN
  let y = 2
  const nodes = layers.flatMap(layer => {
    const own = layer.length * (NODE.width + GAP.x) - GAP.x
    const placed = layer.map((name, i) => {
      const node = byName.get(name)!
      const height = NODE.height + (node.inner?.length ?? 0) * NODE.inner
      return { ...node, x: (width - own) / 2 + i * (NODE.width + GAP.x), y, width: NODE.width, height }
    })
    y += Math.max(...placed.map(({ height }) => height)) + GAP.y
    return placed
  })
  return { nodes, edges: edgesOf(nodes, followed), width, height: y - GAP.y + 2 }
}

type Followed = ReadonlyMap<string, readonly { readonly to: string; readonly isCatch: boolean }[]>

/** Transitions that are drawn, by where they begin. */
function followedOf(states: readonly StateNode[]): Followed {
  const known = new Set(states.map(({ name }) => name))
  const reached = new Set(states.flatMap(({ next }) => next))
  const caught = new Set<string>()
  return new Map(
    states.map(({ name, next, catches }) => {
      const alone = catches.filter(to => known.has(to) && !reached.has(to) && !caught.has(to))
      for (const to of alone) caught.add(to)
      return [
        name,
        [
          ...next.filter(to => known.has(to)).map(to => ({ to, isCatch: false })),
          ...alone.map(to => ({ to, isCatch: true })),
        ],
      ]
    }),
  )
}

/** The longest way to each state. A transition to a state on the way to where it begins goes back. */
function depthsOf(
  start: string,
  followed: Followed,
  states: ReadonlyMap<string, StateNode>,
): ReadonlyMap<string, number> {
  const depth = new Map<string, number>()
  const visit = (name: string, at: number, way: ReadonlySet<string>): void => {
    if (way.has(name) || (depth.get(name) ?? -1) >= at) return
    depth.set(name, at)
    const further = new Set(way).add(name)
    for (const { to } of followed.get(name) ?? []) visit(to, at + 1, further)
  }
  visit(start, 0, new Set())
  const last = Math.max(...depth.values())
  for (const name of states.keys()) if (!depth.has(name)) depth.set(name, last)
  return depth
}

/** States of each layer, each near to those that lead to it. */
function layersOf(
  states: readonly StateNode[],
  depth: ReadonlyMap<string, number>,
  followed: Followed,
): readonly (readonly string[])[] {
  const layers: string[][] = []
  for (const { name } of states) {
    const at = depth.get(name)!
    layers[at] = [...(layers[at] ?? []), name]
  }
  const place = new Map<string, number>()
  for (const layer of layers) {
    const centre = (name: string) => {
      const parents = [...followed].filter(([, all]) => all.some(({ to }) => to === name))
      const known = parents.flatMap(([parent]) => place.get(parent) ?? [])
      return known.length === 0 ? 0 : known.reduce((sum, one) => sum + one, 0) / known.length
    }
    layer.sort((a, b) => centre(a) - centre(b))
    layer.forEach((name, i) => {
      place.set(name, i - (layer.length - 1) / 2)
    })
  }
  return layers.filter(layer => layer !== undefined)
}

function edgesOf(nodes: readonly Placed[], followed: Followed): readonly Edge[] {
  const byName = new Map(nodes.map(node => [node.name, node]))
  return nodes.flatMap(from =>
    followed.get(from.name)!.flatMap(({ to, isCatch }) => {
      const target = byName.get(to)
      return target === undefined ? [] : [{ from, to: target, isBack: target.y <= from.y, isCatch }]
    }),
  )
}

/** The way of an edge, as the `d` of a path: down from the middle, or back around the side. */
export function wayOf({ from, to, isBack }: Edge, width: number): string {
  const [x, y] = [from.x + from.width / 2, from.y + from.height]
  const [tx, ty] = [to.x + to.width / 2, to.y]
  if (!isBack) {
    // Past states between the two, not behind them.
    if (ty - y > GAP.y && Math.abs(tx - x) < to.width) {
      const out = Math.max(x, tx) + NODE.width * 0.8
      return `M${x} ${y}C${out} ${y + GAP.y} ${out} ${ty - GAP.y} ${tx} ${ty}`
    }
    const bend = Math.min(GAP.y, ty - y) * 0.6
    return `M${x} ${y}C${x} ${y + bend} ${tx} ${ty - bend} ${tx} ${ty}`
  }
  const isRight = x >= width / 2
  const side = isRight ? width - 6 : 6
  const [begin, end] = isRight ? [from.x + from.width, to.x + to.width] : [from.x, to.x]
  const [my, ny] = [from.y + from.height / 2, to.y + to.height / 2]
  return `M${begin} ${my}C${side} ${my} ${side} ${my} ${side} ${(my + ny) / 2}S${side} ${ny} ${end} ${ny}`
}
