import type { Health, Run, Runs } from '../../data/api.ts'
import { get, getText } from '../../data/client.ts'
import type { Answer } from '../../data/failure.ts'
import { useLive } from '../../data/live.ts'
import { isJudgement, verdictOf } from '../../data/verdict.ts'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { Attention } from './attention.tsx'
import { Consumers } from './consumers.tsx'
import { OpenEpoch } from './open-epoch.tsx'
import { Rates } from './rates.tsx'
import { VerdictCard } from './verdict-card.tsx'

/** Pauses between two questions, ms. Runs are long answers that change once an epoch. */
const NUMBERS_EVERY = 1500
const HEALTH_EVERY = 2000
const RUNS_EVERY = 5000
const NEWEST_RUNS = 20
/** Where none of the newest has compared anything, as when no events come: how far back one is looked for. */
const OLDER_RUNS = 500
const OLDER_EVERY = 60_000

/** How the platform is, now: what comes in, what is proved, what to do. */
export function Overview() {
  const numbers = useLive('numbers', () => getText('/metrics', 'text/plain'), NUMBERS_EVERY)
  const health = useLive('health', () => get<Health>('/v1/health'), HEALTH_EVERY)
  const runs = useLive('runs', () => get<Runs>(`/v1/runs?limit=${NEWEST_RUNS}`), RUNS_EVERY)
  const older = useOlderRuns(runs.value?.runs)
  return (
    <>
      <h1>{texts.pages.overview}</h1>
      <Shown of={runs}>
        {({ runs: newest }) => <VerdictCard runs={[...newest, ...older]} health={health.value} />}
      </Shown>
      <Shown of={numbers}>{text => <Rates text={text} at={numbers.at} />}</Shown>
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

/** Runs of before, where nothing was compared in the newest; none where something was. */
function useOlderRuns(newest: readonly Run[] | undefined): readonly Run[] {
  const isNeeded = newest?.every(run => !isJudgement(verdictOf(run))) ?? false
  const older = useLive(
    isNeeded ? 'older runs' : 'no older runs',
    async () => (isNeeded ? get<Runs>(`/v1/runs?limit=${OLDER_RUNS}`) : NO_RUNS),
    isNeeded ? OLDER_EVERY : undefined,
  )
  return older.value?.runs ?? []
}

const NO_RUNS: Answer<Runs> = { ok: true, value: { runs: [], next: null } }
