import { Link } from '../../app/link.tsx'
import type { Explanation } from '../../data/api.ts'
import { addressOfEvent } from '../../data/events-filter.ts'
import { count, many } from '../../parts/format.ts'
import { Moment } from '../../parts/moment.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.explain.duplicates

type Duplicate = Explanation['duplicates']['first'][number]
type DuplicatesProps = { readonly explanation: Explanation; readonly readAll: () => void }

/** What came more than once, and which receipt of it counts. */
export function Duplicates({ explanation: { duplicates, type }, readAll }: DuplicatesProps) {
  const { total, first, notRead } = duplicates
  return (
    <section class="card">
      <h2>
        {words.heading} <span class="muted number">{count(total)}</span>
      </h2>
      {total === 0 ? (
        notRead.length === 0 && <p class="muted">{words.none}</p>
      ) : (
        <>
          <p class="hint">{words.lead}</p>
          <ul class="left-out-list">
            {first.map(one => (
              <DuplicateItem key={one.receipt} one={one} type={type} />
            ))}
          </ul>
        </>
      )}
      {notRead.length > 0 && (
        <p class="row hint">
          {words.notRead(many(notRead.length, words.epochs))}
          <button type="button" class="button small" onClick={readAll}>
            {texts.explain.parts.thorough}
          </button>
        </p>
      )}
    </section>
  )
}

function DuplicateItem({ one, type }: { readonly one: Duplicate; readonly type: string }) {
  return (
    <li>
      <p class="long">
        <Link href={addressOfEvent({ ...one, type })} title={texts.events.seeEvent}>
          <strong>{one.id}</strong>
        </Link>{' '}
        <span class="muted">{one.source}</span>
      </p>
      <dl class="facts hint">
        <div>
          <dt>{words.received}</dt>
          <dd class="number">
            <Moment at={one.receivedAt} />
          </dd>
        </div>
        <div>
          <dt>{words.counted}</dt>
          <dd class="number">
            {one.counted === null ? words.unknown : <Moment at={one.counted.receivedAt} />}
            {one.counted?.isOfCell === false && <span class="muted"> {words.elsewhere}</span>}
          </dd>
        </div>
      </dl>
      <p class="hint">{one.why}</p>
    </li>
  )
}
