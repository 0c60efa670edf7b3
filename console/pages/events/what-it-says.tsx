import { moment } from '../../parts/format.ts'
import { TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'
import { VerdictBadge, valueText } from './event-table.tsx'
import type { Followed } from './journey-page.tsx'

const words = texts.events

/** The event itself: its attributes, its fields as sent and as its curated row has them, its receipts. */
export function WhatItSays({ one }: { readonly one: Followed }) {
  const { source, type, subject, time, masked, receipts } = one
  const attributes = { type, source, ...(subject !== null && { subject }), time: time ?? '' }
  return (
    <section class="card">
      <h2>{words.sent}</h2>
      <dl class="lines">
        {Object.entries(attributes).map(([name, value]) => (
          <div key={name}>
            <dt class="muted">{name}</dt>
            <dd class="long">{value}</dd>
          </div>
        ))}
      </dl>
      <Fields one={one} />
      {masked.length > 0 && <p class="hint">{words.masked(masked.join(', '))}</p>}
      {receipts.length > 1 && <Receipts receipts={receipts} />}
    </section>
  )
}

function Fields({ one: { values, curated } }: { readonly one: Followed }) {
  const sent = values as Readonly<Record<string, unknown>>
  const kept = (curated?.values ?? {}) as Readonly<Record<string, unknown>>
  const names = [...new Set([...Object.keys(sent), ...Object.keys(kept)])]
  if (names.length === 0) return null
  return (
    <div class="scroll">
      <table>
        <TableHead columns={[words.field, words.sentAs, ...(curated === null ? [] : [words.curatedAs])]} />
        <tbody>
          {names.map(name => (
            <tr key={name}>
              <td>{name}</td>
              <td class="long">{valueText(sent[name])}</td>
              {curated !== null && <td class="long">{valueText(kept[name])}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Receipts({ receipts }: Pick<Followed, 'receipts'>) {
  return (
    <details>
      <summary>{words.receipts}</summary>
      <div class="scroll">
        <table>
          <TableHead columns={[words.received, words.verdict, words.receipt, words.instead]} />
          <tbody>
            {receipts.map(one => (
              <tr key={one.receipt}>
                <td class="number-left">{moment(one.receivedAt)}</td>
                <td>
                  <VerdictBadge verdict={one.verdict} />
                </td>
                <td>{one.receipt}</td>
                <td>{one.countedBy ?? texts.units.none}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
