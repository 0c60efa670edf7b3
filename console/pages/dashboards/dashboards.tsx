import { Link } from '../../app/link.tsx'
import { place } from '../../app/location.ts'
import { addressOf } from '../../data/address.ts'
import type { Dashboards as Declared, Metrics } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import type { Answer } from '../../data/failure.ts'
import { useLive } from '../../data/live.ts'
import { type Dashboard, questionOf } from '../../data/pinned.ts'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { PinnedChart } from './pinned-chart.tsx'

const words = texts.dashboards

type Known = { readonly dashboards: readonly Dashboard[]; readonly metrics: Metrics['metrics'] }

/** The charts that are pinned to a dashboard. */
export function Dashboards() {
  const known = useLive('dashboards', readKnown)
  const asked = place.value.query.get('name')
  return (
    <>
      <h1>{texts.pages.dashboards}</h1>
      <Shown of={known}>
        {({ dashboards, metrics }) => {
          if (dashboards.length === 0) return <None />
          const name = asked ?? dashboards[0]!.name
          const chosen = dashboards.find(one => one.name === name)
          return (
            <>
              {dashboards.length > 1 && <Names dashboards={dashboards} chosen={name} />}
              {chosen === undefined ? (
                <div class="state">
                  <h2>{words.unknown(name)}</h2>
                </div>
              ) : (
                <Charts dashboard={chosen} metrics={metrics} />
              )}
            </>
          )
        }}
      </Shown>
    </>
  )
}

async function readKnown(): Promise<Answer<Known>> {
  const [declared, metrics] = await Promise.all([
    get<Declared>('/v1/dashboards'),
    get<Metrics>('/v1/metrics'),
  ])
  if (!declared.ok) return declared
  if (!metrics.ok) return metrics
  return { ok: true, value: { dashboards: declared.value.dashboards, metrics: metrics.value.metrics } }
}

function Names({
  dashboards,
  chosen,
}: {
  readonly dashboards: readonly Dashboard[]
  readonly chosen: string
}) {
  return (
    <nav class="tabs" aria-label={words.all}>
      {dashboards.map(({ name, title }) => (
        <Link key={name} class="tab" href={addressOf('/dashboards', { name })} isCurrent={name === chosen}>
          {title}
        </Link>
      ))}
    </nav>
  )
}

function Charts({
  dashboard,
  metrics,
}: {
  readonly dashboard: Dashboard
  readonly metrics: Metrics['metrics']
}) {
  const { title, description, charts } = dashboard
  const shown = charts.flatMap((chart, at) => {
    const question = questionOf(chart, metrics)
    return question === undefined ? [] : [{ chart, question, key: `${at} ${chart.title}` }]
  })
  return (
    <>
      <h2 class="large">{title}</h2>
      {description !== '' && <p class="muted">{description}</p>}
      {shown.length === 0 ? (
        <p class="notice">{words.noCharts}</p>
      ) : (
        <div class="columns pinned">
          {shown.map(({ chart, question, key }) => (
            <PinnedChart key={key} title={chart.title} question={question} />
          ))}
        </div>
      )}
      <p class="hint">{words.legend}</p>
    </>
  )
}

function None() {
  return (
    <div class="state">
      <h2>{words.none}</h2>
      <p>{words.noneNext}</p>
      <Link href="/explore" class="button">
        {words.toMetrics}
      </Link>
    </div>
  )
}
