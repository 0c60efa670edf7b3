import { Link } from '../../app/link.tsx'
import { place } from '../../app/location.ts'
import { addressOf } from '../../data/address.ts'
import type { Alerts as Declared } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { useLive } from '../../data/live.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { AlertPage } from './alert-page.tsx'

const words = texts.alerts
const EVERY = 3000

export type Alert = Declared['alerts'][number]

/** What is watched, how each stands, and one of them in full. */
export function Alerts() {
  const alerts = useLive('alerts', () => get<Declared>('/v1/alerts'), EVERY)
  const asked = place.value.query.get('name')
  return (
    <>
      <h1>{texts.pages.alerts}</h1>
      <Shown of={alerts}>
        {({ alerts: all }) => {
          if (all.length === 0) return <None />
          const ordered = all.toSorted((a, b) => urgency(b) - urgency(a))
          const name = asked ?? ordered[0]!.name
          const chosen = all.find(one => one.name === name)
          return (
            <div class="beside">
              <List alerts={ordered} chosen={name} />
              {chosen === undefined ? (
                <div class="state">
                  <h2>{words.unknown(name)}</h2>
                </div>
              ) : (
                <AlertPage key={name} alert={chosen} changed={alerts.again} />
              )}
            </div>
          )
        }}
      </Shown>
    </>
  )
}

const ORDER = ['ok', 'pending', 'firing']
const urgency = ({ state }: Alert): number => ORDER.indexOf(state)

function List({ alerts, chosen }: { readonly alerts: readonly Alert[]; readonly chosen: string }) {
  return (
    <nav class="card list" aria-label={words.all}>
      {alerts.map(alert => (
        <Link
          key={alert.name}
          href={addressOf('/alerts', { name: alert.name })}
          class="list-item"
          isCurrent={alert.name === chosen}
        >
          <span class="strong">{alert.title}</span>
          <span class="hint">{alert.condition}</span>
          <span class="row">
            <StateBadge state={alert.state} />
            {alert.silence !== null && <span class="badge">{words.silent}</span>}
          </span>
        </Link>
      ))}
    </nav>
  )
}

const CLASSES = { ok: 'good', pending: 'warn', firing: 'bad' } as const

export function StateBadge({ state }: { readonly state: Alert['state'] }) {
  return <span class={`badge ${CLASSES[state]}`}>{words.states[state]}</span>
}

function None() {
  return (
    <div class="state wide-state">
      <h2>{words.none}</h2>
      <p>{words.noneNext}</p>
      <CodeBlock text={words.example} />
    </div>
  )
}
