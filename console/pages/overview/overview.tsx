import type { Health, Runs } from '../../data/api.ts'
import { get, getText } from '../../data/client.ts'
import { useLive } from '../../data/live.ts'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts.ts'
import { Attention } from './attention.tsx'
import { Consumers } from './consumers.tsx'
import { OpenEpoch } from './open-epoch.tsx'
import { boundaryOf } from './parts-of-health.ts'
import { Rates } from './rates.tsx'
import { VerdictCard } from './verdict-card.tsx'

/** Pauses between two questions, ms. Runs are long answers that change once an epoch. */
const NUMBERS_EVERY = 1500
const HEALTH_EVERY = 2000
const RUNS_EVERY = 5000
const NEWEST_RUNS = 20

/** How the platform is, now: what comes in, what is proved, what to do. */
export function Overview() {
  const numbers = useLive('numbers', () => getText('/metrics', 'text/plain'), NUMBERS_EVERY)
  const health = useLive('health', () => get<Health>('/v1/health'), HEALTH_EVERY)
  const runs = useLive('runs', () => get<Runs>(`/v1/runs?limit=${NEWEST_RUNS}`), RUNS_EVERY)
  const isNew = health.value !== undefined && boundaryOf(health.value) === undefined
  return (
    <>
      <h1>{texts.pages.overview}</h1>
      <Shown of={runs}>{({ runs: newest }) => <VerdictCard runs={newest} health={health.value} />}</Shown>
      <Shown of={numbers}>{text => <Rates text={text} at={numbers.at} isNew={isNew} />}</Shown>
      <Shown of={health}>
        {known => (
          <>
            <Attention health={known} numbers={numbers.value} />
            <div class="columns">
              <OpenEpoch health={known} />
              <Consumers health={known} />
            </div>
          </>
        )}
      </Shown>
    </>
  )
}
