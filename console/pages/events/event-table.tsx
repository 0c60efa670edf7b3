import { Link } from '../../app/link.tsx'
import type { ListedEvent } from '../../data/api.ts'
import { addressOfEvent } from '../../data/events-filter.ts'
import { measure } from '../../parts/format.ts'
import { Moment } from '../../parts/moment.tsx'
import { TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.events

/** Events, newest first; an id leads to what became of it. */
export function EventTable({ events }: { readonly events: readonly ListedEvent[] }) {
  const masked = [...new Set(events.flatMap(one => one.masked))]
  return (
    <>
      {masked.length > 0 && <p class="hint">{words.masked(masked.join(', '))}</p>}
      <div class="scroll">
        <table class="events">
          <TableHead columns={[words.received, words.verdict, words.event, words.values]} />
          <tbody>
            {events.map(one => (
              <Row key={one.receipt} one={one} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function Row({ one }: { readonly one: ListedEvent }) {
  return (
    <tr>
      <td class="number-left">
        <Moment at={one.receivedAt} />
      </td>
      <td>
        <VerdictBadge verdict={one.verdict} />
        {!one.isSettled && <span class="hint"> {words.unsettled}</span>}
      </td>
      <td class="event-id">
        {one.id === null || one.id === '' ? (
          <span class="muted">{words.noId}</span>
        ) : (
          <Link href={addressOfEvent({ ...one, id: one.id })}>{one.id}</Link>
        )}
        <span class="event-of muted">
          {one.type} · {one.source}
        </span>
      </td>
      <td class="event-values">
        <div class="two-lines">{one.detail === undefined ? <Values values={one.values} /> : one.detail}</div>
      </td>
    </tr>
  )
}

const BADGES = { accepted: 'good', duplicate: 'warn', rejected: 'bad' } as const

export function VerdictBadge({ verdict }: { readonly verdict: keyof typeof BADGES }) {
  return <span class={`badge ${BADGES[verdict]}`}>{verdict}</span>
}

/** Fields of an event on one line. */
export function Values({ values }: { readonly values: Readonly<Record<string, unknown>> }) {
  return (
    <>
      {Object.entries(values).map(([name, value]) => (
        <span key={name} class="pair">
          <span class="muted">{name}</span> {valueText(value)}
        </span>
      ))}
    </>
  )
}

export function valueText(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '""' : value
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : measure(value)
}
