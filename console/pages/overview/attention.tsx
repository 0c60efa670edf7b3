import { Link } from '../../app/link.tsx'
import type { Health } from '../../data/api.ts'
import { readExposition, totalsOf } from '../../data/exposition.ts'
import { many } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { texts } from '../../texts/texts.ts'
import { type Part, partsOf } from './parts-of-health.ts'

const words = texts.overview.attention

/** Something to look at, and what to do about it. */
type Matter = {
  readonly what: string
  readonly next: string
  readonly isUrgent: boolean
  readonly link?: { readonly href: string; readonly text: string }
}

/** What somebody should look at, what is wrong first. */
export function Attention({
  health,
  numbers,
}: {
  readonly health: Health
  readonly numbers: string | undefined
}) {
  const matters = [...Object.entries(partsOf(health)).flatMap(ofPart), ...ofRejected(numbers)]
  return (
    <section class="card attention" aria-live="polite">
      <h2>{words.heading}</h2>
      {matters.length === 0 ? (
        <p class="muted">{words.nothing}</p>
      ) : (
        <ul>
          {matters
            .toSorted((a, b) => Number(b.isUrgent) - Number(a.isUrgent))
            .map(matter => (
              <li key={matter.what}>
                <span class={`matter-mark ${matter.isUrgent ? 'bad' : 'warn'}`}>
                  <Icon name="warning" />
                </span>
                <div>
                  <p class="strong">{matter.what}</p>
                  <p class="muted">{matter.next}</p>
                </div>
                {matter.link !== undefined && (
                  <Link href={matter.link.href} class="more">
                    {matter.link.text}
                    <Icon name="arrow" />
                  </Link>
                )}
              </li>
            ))}
        </ul>
      )}
    </section>
  )
}

function ofPart([name, part]: readonly [string, Part]): readonly Matter[] {
  return [...ofState(name, part), ...ofHeld(part), ...ofUndeclared(part)]
}

function ofState(name: string, part: Part): readonly Matter[] {
  if (part.status === 'starting')
    return [{ what: words.starting(name), next: words.startingNext, isUrgent: false }]
  if (part.status !== 'degraded') return []
  const next = typeof part['remedy'] === 'string' ? part['remedy'] : words.lookAt
  const link = name === 'batch' ? { link: { href: '/runs', text: words.seeRuns } } : {}
  return [{ what: words.part(name), next, isUrgent: true, ...link }]
}

function ofHeld(part: Part): readonly Matter[] {
  const held = (part['held'] ?? []) as readonly {
    readonly name: string
    readonly detail?: string
    readonly run?: string
  }[]
  if (!Array.isArray(held)) return []
  return held.map(({ name, detail, run }) => ({
    what: words.held(name),
    next: [detail, words.heldNext].filter(Boolean).join('. '),
    isUrgent: true,
    ...(run !== undefined && { link: { href: `/runs?id=${encodeURIComponent(run)}`, text: words.seeRuns } }),
  }))
}

function ofUndeclared(part: Part): readonly Matter[] {
  const undeclared = part['undeclared'] as
    | { readonly fields: Readonly<Record<string, readonly string[]>>; readonly remedy: string }
    | undefined
  return Object.entries(undeclared?.fields ?? {}).map(([type, names]) => ({
    what: words.undeclared(type),
    next: `${names.join(', ')}: ${undeclared?.remedy}`,
    isUrgent: false,
  }))
}

function ofRejected(numbers: string | undefined): readonly Matter[] {
  const rejected = numbers === undefined ? 0 : totalsOf(readExposition(numbers)).rejected
  if (rejected === 0) return []
  return [
    {
      what: words.rejected(many(rejected, words.events)),
      next: words.rejectedNext,
      isUrgent: false,
      link: { href: '/rejected', text: words.seeRejected },
    },
  ]
}
