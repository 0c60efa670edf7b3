import type { Trial, Verdict } from '../../data/pasted/trial.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { count } from '../../parts/format.ts'
import { texts } from '../../texts/texts.ts'
import { MarkedText } from './marked-text.tsx'

const words = texts.contracts.tryIt

type VerdictProps = {
  readonly verdict: Verdict
  readonly trial: Trial
  /** What was pasted. */
  readonly text: string
  readonly isAlone: boolean
}

/** What sending one event would come to, beside the place that decides it. */
export function VerdictCard({ verdict, trial, text, isAlone }: VerdictProps) {
  const isGood = verdict.verdict === 'accepted'
  return (
    <section class="judgement">
      <p class="row">
        <span class={`badge ${isGood ? 'good' : 'bad'}`}>{isGood ? words.accepted : words.rejected}</span>
        {!isAlone && <span class="muted">{words.number(count(verdict.index + 1), verdict.id ?? '')}</span>}
      </p>
      {verdict.verdict === 'accepted' ? (
        <Accepted verdict={verdict} />
      ) : (
        <Rejected verdict={verdict} trial={trial} text={text} />
      )}
    </section>
  )
}

function Accepted({ verdict }: { readonly verdict: Verdict & { readonly verdict: 'accepted' } }) {
  const { type, version, partition, rounded, undeclared, event } = verdict
  return (
    <>
      <dl class="facts">
        <div>
          <dt>{words.judgedBy}</dt>
          <dd>
            {type} {texts.contracts.version(String(version))}
          </dd>
        </div>
        <div>
          <dt>{words.partition}</dt>
          <dd class="number">{count(partition)}</dd>
        </div>
      </dl>
      {rounded && <p class="notice">{words.rounded}</p>}
      {undeclared.length > 0 && <p class="notice">{words.undeclared(undeclared.join(', '))}</p>}
      <details>
        <summary>{words.stored}</summary>
        <CodeBlock text={JSON.stringify(event, null, 2)} />
      </details>
    </>
  )
}

function Rejected({
  verdict,
  trial,
  text,
}: Pick<VerdictProps, 'trial' | 'text'> & { readonly verdict: Verdict & { readonly verdict: 'rejected' } }) {
  const { code, detail, place, remedy } = verdict
  const why = (
    <>
      <strong>{code}</strong> {detail} <span class="remedy">{remedy}</span>
    </>
  )
  const span = place === '' ? undefined : trial.placeIn(verdict)
  if (span === undefined) return <p class="why">{why}</p>
  return <MarkedText text={text} span={span} note={why} />
}
