import type { Run } from '../../data/api.ts'
import { type Edge, layoutOf, type Placed, wayOf } from '../../data/graph-layout.ts'
import type { Progress, Visit } from '../../data/progress.ts'
import type { StateGraph } from '../../data/state-graph.ts'
import { span } from '../../parts/format.ts'
import { texts } from '../../texts/texts.ts'

const words = texts.runs

type DrawingProps = { readonly graph: StateGraph; readonly run: Run; readonly progress: Progress }

/** The state machine, with the way that a run took and where it is. */
export function StateDrawing({ graph, run, progress }: DrawingProps) {
  const visits = new Map(progress.visits.map(visit => [visit.name, visit]))
  const { nodes, edges, width, height } = layoutOf(graph, new Set(visits.keys()))
  const label = words.drawingLabel(run.machine, words.statuses[run.status], progress.last ?? '')
  return (
    <div class="scroll drawing">
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
        <defs>
          <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0 8 4 0 8z" />
          </marker>
        </defs>
        {edges.map(edge => (
          <Way key={`${edge.from.name} ${edge.to.name}`} edge={edge} width={width} progress={progress} />
        ))}
        {nodes.map(node => (
          <State key={node.name} node={node} visits={visits} tone={toneOf(node, visits, run, progress)} />
        ))}
      </svg>
    </div>
  )
}

function Way({
  edge,
  width,
  progress,
}: {
  readonly edge: Edge
  readonly width: number
  readonly progress: Progress
}) {
  const isTaken = progress.taken.has(`${edge.from.name} ${edge.to.name}`)
  const names = ['way', isTaken ? 'taken' : '', edge.isCatch ? 'catch' : ''].join(' ')
  return <path class={names} d={wayOf(edge, width)} marker-end="url(#tip)" />
}

type StateProps = {
  readonly node: Placed
  readonly visits: ReadonlyMap<string, Visit>
  readonly tone: string
}

function State({ node, visits, tone }: StateProps) {
  const { name, x, y, width, height, inner = [], kind } = node
  const visit = visits.get(name)
  return (
    <g class={`state-node ${tone} ${kind === 'Choice' ? 'choice' : ''}`} transform={`translate(${x} ${y})`}>
      <rect width={width} height={height} rx={kind === 'Choice' ? 16 : 7} />
      <text x={10} y={20}>
        {name}
      </text>
      {visit !== undefined && (
        <text class="state-fact" x={width - 8} y={20} text-anchor="end">
          {visit.times > 1
            ? `×${visit.times}`
            : visit.ms !== undefined && visit.ms >= 1
              ? span(visit.ms)
              : ''}
        </text>
      )}
      {inner.map((one, i) => (
        <text
          key={one}
          class={visits.has(one) ? 'state-inner entered' : 'state-inner'}
          x={18}
          y={36 + i * 16}
        >
          {one}
          {visits.has(one) ? ` ×${visits.get(one)!.times}` : ''}
        </text>
      ))}
    </g>
  )
}

function toneOf({ name }: Placed, visits: ReadonlyMap<string, Visit>, run: Run, { last }: Progress): string {
  if (!visits.has(name)) return 'untouched'
  if (name !== last) return 'done'
  if (run.status === 'running') return 'current'
  return run.status === 'succeeded' ? 'done' : 'broken'
}
