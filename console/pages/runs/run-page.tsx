import graphs from 'virtual:state-graphs'
import { Link } from '../../app/link.tsx'
import type { Run } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { useLive } from '../../data/live.ts'
import { durationOf, progressOf } from '../../data/progress.ts'
import { isProved, verdictOf } from '../../data/verdict.ts'
import { count, instant, moment, span } from '../../parts/format.ts'
import { Shown } from '../../parts/shown.tsx'
import { ofNumbers, TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'
import { lineOf } from '../overview/verdict-card.tsx'
import { Report } from './report.tsx'
import { StateDrawing } from './state-drawing.tsx'
import { StopRun } from './stop-run.tsx'

const words = texts.runs
const RUN_EVERY = 1500

/** One run: where it is, what took how long, what it found. */
export function RunPage({ id }: { readonly id: string }) {
  const run = useLive(`run ${id}`, () => get<Run>(`/v1/runs/${encodeURIComponent(id)}`), RUN_EVERY)
  return (
    <>
      <div>
        <Link href="/runs">← {words.back}</Link>
        <div class="between">
          <h1>
            {run.value?.machine ?? texts.pages.runs} <span class="muted run-id">{id}</span>
          </h1>
          {run.value !== undefined && <StopRun run={run.value} again={run.again} />}
        </div>
      </div>
      <Shown of={run}>{found => <Found run={found} />}</Shown>
    </>
  )
}

function Found({ run }: { readonly run: Run }) {
  const graph = Object.hasOwn(graphs, run.machine) ? graphs[run.machine] : undefined
  const progress = progressOf(run, graph, Date.now())
  return (
    <>
      <Summary run={run} />
      <Report run={run} />
      <div class="run-columns">
        {graph !== undefined && (
          <section class="card">
            <h2>{words.drawing}</h2>
            {graph.comment !== undefined && <p class="hint">{graph.comment}</p>}
            <StateDrawing graph={graph} run={run} progress={progress} />
          </section>
        )}
        <section class="card">
          <h2>{words.states}</h2>
          {run.states.length === 0 && <p class="muted">{words.noState}</p>}
          <div class="scroll">
            <table>
              <TableHead
                columns={[words.state, words.entered, ofNumbers(words.times), ofNumbers(words.took)]}
              />
              <tbody>
                {progress.visits.map(({ name, times, enteredAt, ms, inside }) => (
                  <tr key={name}>
                    <td class={inside === undefined ? '' : 'inside'}>{name}</td>
                    <td class="number-left">{moment(enteredAt).slice(11)}</td>
                    <td class="number">
                      {count(times)}
                      {(run.retries?.[name] ?? 0) > 0 && (
                        <span class="muted"> {words.retries(count(run.retries![name]!))}</span>
                      )}
                    </td>
                    <td class="number">{ms === undefined ? texts.units.none : span(ms)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      </div>
    </>
  )
}

function Summary({ run }: { readonly run: Run }) {
  const verdict = verdictOf(run)
  return (
    <section class="card summary">
      <dl class="facts">
        <div>
          <dt>{words.status}</dt>
          <dd>
            <span class={`badge ${run.status}`}>{words.statuses[run.status]}</span>
            {run.status === 'stopped' && run.stoppedBy !== undefined && ` ${words.by(run.stoppedBy)}`}
          </dd>
        </div>
        <div>
          <dt>{words.started}</dt>
          <dd class="number">{instant(run.startedAt)}</dd>
        </div>
        <div>
          <dt>{words.took}</dt>
          <dd class="number">{span(durationOf(run, Date.now()))}</dd>
        </div>
        {verdict !== undefined && (
          <div>
            <dt>{words.verdict}</dt>
            <dd class={isProved(verdict) ? 'good-text' : 'problem'}>{lineOf(verdict)}</dd>
          </div>
        )}
      </dl>
      {run.error !== undefined && (
        <p class="problem">
          <strong>{run.error.name}</strong>: {run.error.cause}
        </p>
      )}
      {run.held !== undefined && <p class="problem">{words.held(run.held.join(', '))}</p>}
    </section>
  )
}
