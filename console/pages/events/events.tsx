import { place } from '../../app/location.ts'
import { callOfEvent } from '../../data/events-filter.ts'
import { JourneyPage } from './journey-page.tsx'
import { Tail } from './tail.tsx'

/** What comes in, or what became of one event. */
export function Events() {
  const { query } = place.value
  const call = callOfEvent(query)
  return call === undefined ? <Tail query={query} /> : <JourneyPage key={call} call={call} query={query} />
}
