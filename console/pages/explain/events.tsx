import { useState } from 'preact/hooks'
import { Link } from '../../app/link.tsx'
import type { Explanation } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { addressOfEvent } from '../../data/events-filter.ts'
import { callOf } from '../../data/explained.ts'
import { useLive } from '../../data/live.ts'
import { count, many, measure, span } from '../../parts/format.ts'
import { Moment } from '../../parts/moment.tsx'
import { Failed, Loading } from '../../parts/shown.tsx'
import { TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.explain.behind

type Event = Explanation['events']['first'][number]
type EventsProps = { readonly explanation: Explanation; readonly query: URLSearchParams }

/** The events that are counted in the number, a hundred at a time. */
export function Events({ explanation, query }: EventsProps) {
  const [after, setAfter] = useState<string>()
  const { events, late } = explanation
  return (
    <section class="card">
      <h2>
        {words.heading} <span class="muted number">{count(events.total)}</span>
      </h2>
      {late.events > 0 && (
        <p class="hint">{words.late(many(late.events, texts.explain.events), span(late.longestMs))}</p>
      )}
      {events.masked.length > 0 && <p class="hint">{words.masked(events.masked.join(', '))}</p>}
      {after === undefined ? (
        <Page events={events} type={explanation.type} onNext={setAfter} />
      ) : (
        <Further call={callOf(query, after)!} onNext={setAfter} onFirst={() => setAfter(undefined)} />
      )}
    </section>
  )
}

type FurtherProps = {
  readonly call: string
  readonly onNext: (after: string) => void
  readonly onFirst: () => void
}

function Further({ call, onNext, onFirst }: FurtherProps) {
  const { value, failure, again } = useLive(call, () => get<Explanation>(call))
  return (
    <>
      {value !== undefined && <Page events={value.events} type={value.type} onNext={onNext} isWhole />}
      {value === undefined && (failure === undefined ? <Loading /> : <Failed {...{ failure, again }} />)}
      <button type="button" class="button" onClick={onFirst}>
        {words.first}
      </button>
    </>
  )
}

type PageProps = {
  readonly events: Explanation['events']
  readonly type: string
  readonly isWhole?: boolean
  readonly onNext: (after: string) => void
}

/** As many are looked at as a rule; one click shows the page of a hundred. */
const FEW = 10

function Page({ events: { first, next }, type, isWhole = false, onNext }: PageProps) {
  const [isAll, setAll] = useState(isWhole)
  if (first.length === 0) return <p class="muted">{words.none}</p>
  const fields = [...new Set(first.flatMap(({ values }) => Object.keys(values as object)))]
  return (
    <>
      <div class="scroll">
        <table>
          <TableHead columns={[words.received, words.time, ...fields, words.id, words.where]} />
          <tbody>
            {first.slice(0, isAll ? first.length : FEW).map(event => (
              <EventRow key={event.receipt} event={event} type={type} fields={fields} />
            ))}
          </tbody>
        </table>
      </div>
      {!isAll && first.length > FEW && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          {words.all(count(first.length))}
        </button>
      )}
      {isAll && next !== null && (
        <button type="button" class="button" onClick={() => onNext(next)}>
          {words.next}
        </button>
      )}
    </>
  )
}

type RowProps = { readonly event: Event; readonly type: string; readonly fields: readonly string[] }

function EventRow({ event, type, fields }: RowProps) {
  const values = event.values as Readonly<Record<string, unknown>>
  return (
    <tr>
      <td class="number-left">
        <Moment at={event.receivedAt} />{' '}
        {event.lateMs !== undefined && <span class="badge warn">{words.lateBy(span(event.lateMs))}</span>}
      </td>
      <td class="number-left">
        <Moment at={event.time} />
      </td>
      {fields.map(name => (
        <td key={name} class="number-left">
          {valueText(values[name])}
        </td>
      ))}
      <td class="long">
        <Link href={addressOfEvent({ ...event, type })} title={texts.events.seeEvent}>
          {event.id}
        </Link>{' '}
        <span class="muted">{event.source}</span>
      </td>
      <td class="clipped muted" title={`${event.file} · ${words.partition(String(event.partition))}`}>
        {event.file.split('/').at(-1)}
      </td>
    </tr>
  )
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '""' : value
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : measure(value)
}
