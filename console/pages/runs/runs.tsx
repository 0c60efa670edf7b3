import { useState } from 'preact/hooks'
import { Link } from '../../app/link.tsx'
import { place } from '../../app/location.ts'
import { addressOf } from '../../data/address.ts'
import type { Run, Runs as RunList } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { useLive } from '../../data/live.ts'
import { durationOf } from '../../data/progress.ts'
import { isJudgement, isProved, verdictOf } from '../../data/verdict.ts'
import { count, span } from '../../parts/format.ts'
import { Moment } from '../../parts/moment.tsx'
import { Shown } from '../../parts/shown.tsx'
import { ofNumbers, TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'
import { RunPage } from './run-page.tsx'
import { StartRuns } from './start-runs.tsx'

const words = texts.runs
const LIST_EVERY = 3000
const MOST_RUNS = 200
const SHOWN = 25

/** The runs of state machines, or the one of the address. */
export function Runs() {
  const id = place.value.query.get('id')
  return id === null ? <List /> : <RunPage id={id} />
}

function List() {
  const runs = useLive('runs', () => get<RunList>(`/v1/runs?limit=${MOST_RUNS}`), LIST_EVERY)
  const [machine, setMachine] = useState('')
  const [most, setMost] = useState(SHOWN)
  return (
    <>
      <div>
        <div class="between">
          <h1>{texts.pages.runs}</h1>
          <StartRuns />
        </div>
        <p class="hint">{words.lead}</p>
      </div>
      <Shown of={runs}>
        {({ runs: all }) =>
          all.length === 0 ? (
            <div class="state">
              <h2>{words.none}</h2>
              <p>{words.noneNext}</p>
            </div>
          ) : (
            <section class="card">
              <Machines runs={all} chosen={machine} choose={setMachine} />
              <Table runs={all.filter(run => machine === '' || run.machine === machine).slice(0, most)} />
              {all.length > most && (
                <button type="button" class="button" onClick={() => setMost(most + SHOWN)}>
                  {texts.explore.more}
                </button>
              )}
            </section>
          )
        }
      </Shown>
    </>
  )
}

type MachinesProps = {
  readonly runs: readonly Run[]
  readonly chosen: string
  readonly choose: (name: string) => void
}

function Machines({ runs, chosen, choose }: MachinesProps) {
  const machines = [...new Set(runs.map(({ machine }) => machine))].sort()
  return (
    <fieldset class="tabs">
      <legend class="visually-hidden">{words.machine}</legend>
      {['', ...machines].map(name => (
        <button
          key={name}
          type="button"
          class="tab"
          aria-pressed={name === chosen}
          onClick={() => choose(name)}
        >
          {name === '' ? words.all : name}
        </button>
      ))}
    </fieldset>
  )
}

function Table({ runs }: { readonly runs: readonly Run[] }) {
  return (
    <div class="scroll">
      <table>
        <TableHead
          columns={[
            words.started,
            words.machine,
            words.status,
            ofNumbers(words.took),
            ofNumbers(words.compared),
            words.outcome,
          ]}
        />
        <tbody>
          {runs.map(run => (
            <tr key={run.id}>
              <td class="number-left">
                <Link href={addressOf('/runs', { id: run.id })}>
                  <Moment at={run.startedAt} />
                </Link>
              </td>
              <td>{run.machine}</td>
              <td>
                <span class={`badge ${run.status}`}>{words.statuses[run.status]}</span>
              </td>
              <td class="number">{span(durationOf(run, Date.now()))}</td>
              <td class="number">{comparedIn(run)}</td>
              <td>{outcomeOf(run)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const comparedIn = (run: Run): string => {
  const verdict = verdictOf(run)
  return verdict === undefined ? texts.units.none : count(verdict.compared)
}

function outcomeOf(run: Run): string {
  if (run.error !== undefined) return run.error.name
  if ((run.held ?? []).length > 0) return words.held(run.held!.join(', '))
  const verdict = verdictOf(run)
  if (verdict === undefined) return run.status === 'succeeded' ? words.nothingToDo : ''
  if (!isJudgement(verdict)) return words.countsAgree
  return isProved(verdict) ? words.agree : words.differ(count(verdict.different))
}
