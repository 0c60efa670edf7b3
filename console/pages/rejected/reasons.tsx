import { Link } from '../../app/link.tsx'
import { addressOfEvent } from '../../data/events-filter.ts'
import type { Reason } from '../../data/reasons.ts'
import { count, many, moment } from '../../parts/format.ts'
import { texts } from '../../texts/texts.ts'

const words = texts.rejected
/** Events of a reason that are shown; more of the same say no more. */
const MOST_EVENTS = 3

/** Why events were rejected, the most frequent reason first, each with some of its events. */
export function Reasons({
  reasons,
  choose,
}: {
  readonly reasons: readonly Reason[]
  readonly choose: (type: string) => void
}) {
  return (
    <ul class="stack">
      {reasons.map(reason => (
        <li key={reason.id} class="card">
          <OneReason reason={reason} choose={choose} />
        </li>
      ))}
    </ul>
  )
}

function OneReason({ reason, choose }: { readonly reason: Reason; readonly choose: (type: string) => void }) {
  const { type, code, detail, events, open } = reason
  const last = events.at(-1)!
  return (
    <>
      <div class="between">
        <h2 class="reason">
          <span class="badge bad">{code}</span> {detail}
        </h2>
        <p class="number strong">{many(events.length, words.events)}</p>
      </div>
      <p class="row hint">
        {type === null ? (
          words.noType
        ) : (
          <button type="button" class="button small type" onClick={() => choose(type)}>
            {type}
          </button>
        )}
        <span class="number">{words.last(moment(last.receivedAt))}</span>
        <span>{open === 0 ? words.allReplayed : words.open(count(open))}</span>
      </p>
      <details>
        <summary>{words.show}</summary>
        {events
          .slice(-MOST_EVENTS)
          .toReversed()
          .map(({ receipt, receivedAt, id, event, replayed }) => (
            <div key={receipt} class="rejected-event">
              <p class="hint between">
                <span class="number">{moment(receivedAt)} UTC</span>
                {id !== null && id !== '' && (
                  <Link href={addressOfEvent({ id, receivedAt })}>{texts.events.seeEvent}</Link>
                )}
                {replayed && <span class="badge good">{words.replayed}</span>}
              </p>
              <pre>
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
                <code tabIndex={0}>{JSON.stringify(event, null, 2)}</code>
              </pre>
            </div>
          ))}
        {events.length > MOST_EVENTS && <p class="hint">{words.newest(String(MOST_EVENTS))}</p>}
      </details>
    </>
  )
}
