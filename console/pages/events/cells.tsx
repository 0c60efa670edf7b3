import { Link } from '../../app/link.tsx'
import { addressOf } from '../../data/address.ts'
import { moment } from '../../parts/format.ts'
import { TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'
import { Values } from './event-table.tsx'
import type { Followed } from './journey-page.tsx'

const words = texts.events

/** The cells that an event moved, each with the way to its explanation. */
export function Cells({ one: { cells, leftOut, hidden } }: { readonly one: Followed }) {
  const { metric, window, group, adds, layer } = words.cellsOf
  return (
    <section class="card">
      <h2>{words.cells}</h2>
      {cells.length === 0 ? (
        <p class="muted">{words.step.noCells}</p>
      ) : (
        <>
          <p class="hint">{words.cellsLead}</p>
          <div class="scroll">
            <table>
              <TableHead columns={[metric, window, group, adds, layer]} />
              <tbody>
                {cells.map(cell => (
                  <tr key={cell.metric}>
                    <td>
                      <Link href={addressOfCell(cell)} title={words.explain(cell.metric)}>
                        {cell.metric}
                      </Link>
                    </td>
                    <td class="number-left">
                      {cell.window} <span class="muted">{moment(cell.start)}</span>
                    </td>
                    <td class="event-values">
                      <Values values={cell.group} />
                    </td>
                    <td class="event-values">
                      <Values values={cell.values} />
                    </td>
                    <td>
                      <span class={`badge ${cell.layer === 'batch' ? 'good' : 'live'}`}>
                        {words.layers[cell.layer]}
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {leftOut.length > 0 && <p class="hint">{words.leftOut2(leftOut.join(', '))}</p>}
      {hidden.length > 0 && <p class="hint">{words.hidden(hidden.join(', '))}</p>}
    </section>
  )
}

function addressOfCell({ metric, window, start, group }: Followed['cells'][number]): string {
  const by = Object.keys(group)
  return addressOf('/explain', {
    ...{ metric, window, at: start },
    ...(by.length > 0 && { group: JSON.stringify(group) }),
  })
}
