import { Link } from '../../app/link.tsx'
import type { Journey } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { useLive } from '../../data/live.ts'
import { instant, many } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { Cells } from './cells.tsx'
import { Steps } from './steps.tsx'
import { WhatItSays } from './what-it-says.tsx'

const words = texts.events
/** As long as something is still to happen, it is asked again, ms. */
const AGAIN_MS = 3000

export type Followed = Journey['events'][number]

/** What became of one event, from its receipt to the numbers. */
export function JourneyPage({ call, query }: { readonly call: string; readonly query: URLSearchParams }) {
  const found = useLive(call, () => get<Journey>(call), AGAIN_MS)
  return (
    <>
      <div>
        <Link href="/events">← {words.back}</Link>
        <h1>{words.journey}</h1>
        <p class="large long">{query.get('id')}</p>
      </div>
      <Shown of={found}>
        {journey => (
          <>
            {journey.events.map(one => (
              <OneEvent key={`${one.type} ${one.source}`} one={one} />
            ))}
            {journey.rejected.length > 0 && <Rejections journey={journey} />}
            <Searched journey={journey} />
          </>
        )}
      </Shown>
    </>
  )
}

function OneEvent({ one }: { readonly one: Followed }) {
  return (
    <>
      <div class="columns journey">
        <Steps one={one} />
        <WhatItSays one={one} />
      </div>
      {one.verdict === 'accepted' && <Cells one={one} />}
    </>
  )
}

function Rejections({ journey: { rejected } }: { readonly journey: Journey }) {
  return (
    <section class="card">
      <h2>{words.rejected}</h2>
      <ul class="left-out-list">
        {rejected.map(one => (
          <li key={one.receipt}>
            <p class="row">
              <span class="badge bad">{one.code}</span>
              <span class="number">
                <Moment at={one.receivedAt} />
              </span>
              {one.replayed && <span class="badge good">{words.replayed}</span>}
            </p>
            <p class="long hint">{one.detail ?? words.forAdmins}</p>
          </li>
        ))}
      </ul>
      <Link href="/rejected" class="more">
        {words.seeRejected}
        <Icon name="arrow" />
      </Link>
    </section>
  )
}

/** Where it was looked for, so that nobody takes what was not found for what is not there. */
function Searched({ journey: { searched } }: { readonly journey: Journey }) {
  const { since, until, reached, notRead } = searched
  const parts = [
    words.searched(instant(since), instant(until)),
    ...reached.map(one => words.reached(one.type, instant(one.since))),
    ...(notRead.length > 0 ? [words.notRead(many(notRead.length, words.epochs))] : []),
  ]
  return <p class="hint">{parts.join(', ')}.</p>
}
