import { Link } from '../../app/link.tsx'
import { addressOf } from '../../data/address.ts'
import type { Health, Run } from '../../data/api.ts'
import { isJudgement, isProved, type Verdict, verdictOf } from '../../data/verdict.ts'
import { count, instant, many } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { texts } from '../../texts/texts.ts'
import { boundaryOf } from './parts-of-health.ts'

const words = texts.overview.verdict

/** What the newest run that compared numbers found, which is what the rest of the console rests on. */
export function VerdictCard({
  runs,
  health,
}: {
  readonly runs: readonly Run[]
  readonly health: Health | undefined
}) {
  const judged = runs
    .map(run => ({ run, verdict: verdictOf(run) }))
    .find((one): one is { run: Run; verdict: Verdict } => isJudgement(one.verdict))
  const batches = runs.filter(({ machine }) => machine === 'batch' || machine === 'backfill')
  const boundary = boundaryOf(health)
  return (
    <section class={`card verdict ${toneOf(judged?.verdict)}`} aria-label={words.proved}>
      <div class="verdict-main">
        <span class="verdict-mark">
          <Icon name={judged === undefined ? 'clock' : isProved(judged.verdict) ? 'proved' : 'warning'} />
        </span>
        <div>
          <h2>{headingOf(judged?.verdict)}</h2>
          <p>{judged === undefined ? words.noneNext : lineOf(judged.verdict)}</p>
          {judged !== undefined && <small class="hint">{words.whatIsCompared}</small>}
        </div>
      </div>
      <div class="verdict-side">
        {boundary !== undefined && (
          <p>
            {words.exactTo} <strong class="number">{instant(boundary)}</strong>
            <br />
            <span class="muted">{words.exactHint}</span>
          </p>
        )}
        {batches[0]?.status === 'running' && <span class="badge running">{words.running}</span>}
        {batches[0]?.status === 'failed' && <span class="badge failed">{words.failed}</span>}
        {judged !== undefined && (
          <Link href={addressOf('/runs', { id: judged.run.id })} class="more">
            {words.run}
            <Icon name="arrow" />
          </Link>
        )}
      </div>
    </section>
  )
}

export function lineOf({ metrics, types, compared, different }: Verdict): string {
  return words.line(
    many(metrics, words.metrics),
    many(types, words.types),
    many(compared, words.partials),
    count(different),
  )
}

function headingOf(verdict: Verdict | undefined): string {
  if (verdict === undefined) return words.none
  return isProved(verdict) ? words.proved : words.differs
}

function toneOf(verdict: Verdict | undefined): string {
  if (verdict === undefined) return 'waiting'
  return isProved(verdict) ? 'good' : 'bad'
}
