import { useState } from 'preact/hooks'
import type { AlertHistory } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { useLive } from '../../data/live.ts'
import { instant, measure, moment } from '../../parts/format.ts'
import { Moment } from '../../parts/moment.tsx'
import { Shown } from '../../parts/shown.tsx'
import { TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'
import { groupText } from './alert-page.tsx'
import type { Alert } from './alerts.tsx'

const words = texts.alerts
const EVERY = 5000
const FIRST = 25
const MOST = 1000

type Entry = AlertHistory['entries'][number]

/** What happened to an alert, the newest first. */
export function History({ alert: { name } }: { readonly alert: Alert }) {
  const [most, setMost] = useState(FIRST)
  const path = `/v1/alerts/${encodeURIComponent(name)}/history?limit=${most}`
  const history = useLive(path, () => get<AlertHistory>(path), EVERY)
  return (
    <section class="card">
      <h2>{words.history}</h2>
      <Shown of={history}>
        {({ entries, next }) => (
          <>
            {entries.length === 0 ? <p class="muted">{words.noHistory}</p> : <Table entries={entries} />}
            {next !== null && most < MOST && (
              <button type="button" class="button" onClick={() => setMost(Math.min(MOST, most * 4))}>
                {texts.explore.more}
              </button>
            )}
          </>
        )}
      </Shown>
    </section>
  )
}

function Table({ entries }: { readonly entries: readonly Entry[] }) {
  return (
    <div class="scroll">
      <table>
        <TableHead columns={[words.at, words.what, words.details]} />
        <tbody>
          {entries.map(entry => (
            <tr key={entry.number}>
              <td class="number-left">
                <Moment at={entry.at} />
              </td>
              <td>
                <span class={`badge ${CLASSES[entry.kind] ?? ''}`}>{words.kinds[entry.kind]}</span>
              </td>
              <td class="wraps">{detailsOf(entry).join(' · ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const CLASSES: Readonly<Partial<Record<Entry['kind'], string>>> = {
  firing: 'bad',
  resolved: 'good',
  pending: 'warn',
  failed: 'bad',
  dropped: 'bad',
}

function detailsOf({ group, window, value, before, reason, destination, detail, by, until, why }: Entry) {
  const isGroup = group !== undefined && Object.keys(group).length > 0
  return [
    ...(isGroup ? [groupText(group)] : []),
    ...(value === undefined || value === null ? [] : [words.was(measure(value))]),
    ...(before === undefined ? [] : [words.before(measure(before))]),
    ...(window === undefined ? [] : [words.ofWindow(moment(window.start))]),
    ...(reason === undefined ? [] : [words.reasons[reason as keyof typeof words.reasons] ?? reason]),
    ...(destination === undefined ? [] : [destination]),
    ...(detail === undefined ? [] : [detail]),
    ...(by === undefined ? [] : [words.by(by)]),
    ...(until === undefined ? [] : [words.until(instant(until))]),
    ...(why === undefined ? [] : [why]),
  ]
}
