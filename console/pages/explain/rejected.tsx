import { Link } from '../../app/link.tsx'
import type { Explanation } from '../../data/api.ts'
import { count } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.explain.rejected

/** What was rejected while the events of the number came in: it might have been in it. */
export function Rejected({ explanation: { rejected } }: { readonly explanation: Explanation }) {
  return (
    <section class="card">
      <h2>
        {words.heading} {rejected !== null && <span class="muted number">{count(rejected.total)}</span>}
      </h2>
      {rejected === null ? (
        <p class="muted">{words.hidden}</p>
      ) : rejected.total === 0 ? (
        <p class="muted">{words.none}</p>
      ) : (
        <Near rejected={rejected} />
      )}
    </section>
  )
}

function Near({ rejected }: { readonly rejected: NonNullable<Explanation['rejected']> }) {
  const { total, naming, byCode, first, isWhole } = rejected
  const named = `${count(naming)} ${words.names[naming === 1 ? 0 : 1]}`
  return (
    <>
      <p class="hint">{words.lead(count(total), named)}</p>
      {!isWhole && <p class="hint">{words.notWhole}</p>}
      <ul class="whereof">
        {byCode.map(({ code, events }) => (
          <li key={code} class="badge bad">
            {code} · {count(events)}
          </li>
        ))}
      </ul>
      {first.length === 0 ? (
        <p class="hint">{words.forAdmins}</p>
      ) : (
        <ul class="left-out-list">
          {first.map(one => (
            <li key={one.receipt}>
              <p class="long">
                <strong>{one.id ?? texts.units.none}</strong>{' '}
                <span class="muted number">
                  <Moment at={one.receivedAt} />
                </span>
              </p>
              <p class="long hint">{one.detail}</p>
            </li>
          ))}
        </ul>
      )}
      <Link href="/rejected" class="more">
        {words.see}
        <Icon name="arrow" />
      </Link>
    </>
  )
}
