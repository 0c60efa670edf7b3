import { useState } from 'preact/hooks'
import { filterIn, isFiltered, parametersOf } from '../../data/events-filter.ts'
import { type Tailed, useTail } from '../../data/following/use-tail.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { count } from '../../parts/format.ts'
import { Failed, Loading } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { EventTable } from './event-table.tsx'
import { Filters } from './filters.tsx'

const words = texts.events

/** Events as they come in, with what became of each. */
export function Tail({ query }: { readonly query: URLSearchParams }) {
  const [isPaused, setPaused] = useState(false)
  const filter = filterIn(query)
  const tailed = useTail(parametersOf(filter), isPaused)
  const { events, failure, next, older, again } = tailed
  return (
    <>
      <div class="between">
        <h1>{texts.pages.events}</h1>
        <p class="row">
          <State tailed={tailed} isPaused={isPaused} />
          <button type="button" class="button" onClick={() => setPaused(!isPaused)}>
            {isPaused ? words.goOn : words.pause}
          </button>
        </p>
      </div>
      <Filters filter={filter} />
      {events === undefined ? (
        failure === undefined ? (
          <Loading />
        ) : (
          <Failed failure={failure} again={again} />
        )
      ) : (
        <>
          <Notices tailed={tailed} isPaused={isPaused} />
          {events.length === 0 && next === null ? (
            <None isFiltered={isFiltered(filter)} />
          ) : (
            <section class="card">
              <EventTable events={events} />
              {next === null ? (
                <p class="hint">{words.noneOlder}</p>
              ) : (
                <button type="button" class="button" onClick={older}>
                  {words.older}
                </button>
              )}
            </section>
          )}
        </>
      )}
    </>
  )
}

function State({ tailed: { state }, isPaused }: { readonly tailed: Tailed; readonly isPaused: boolean }) {
  if (isPaused) return <span class="badge">{words.paused}</span>
  if (state === 'live') return <span class="badge live">{words.live}</span>
  return <span class="badge">{words.connecting}</span>
}

function Notices({ tailed, isPaused }: { readonly tailed: Tailed; readonly isPaused: boolean }) {
  const { state, failure, held, leftOut, skipped } = tailed
  return (
    <div role="status" class="stack notices">
      {state === 'lost' && <p class="notice">{words.lost(failure?.detail ?? texts.states.noConnection)}</p>}
      {isPaused && held > 0 && <p class="notice">{words.since(count(held))}</p>}
      {leftOut > 0 && <p class="hint">{words.leftOut(count(leftOut))}</p>}
      {skipped > 0 && <p class="hint">{words.skipped(count(skipped))}</p>}
    </div>
  )
}

function None({ isFiltered: isSome }: { readonly isFiltered: boolean }) {
  return (
    <div class="state">
      <h2>{isSome ? words.none : words.nothing}</h2>
      <p>{isSome ? words.noneNext : words.nothingNext}</p>
      {!isSome && <CodeBlock text="npx tributary demo --limit 3000" />}
    </div>
  )
}
