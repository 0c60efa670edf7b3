import { createWaitingLine, type InLine } from './waiting-line.ts'

/** A request whose answer is awaited. */
export interface Flight extends InLine<Flight> {
  readonly until: number
  readonly expire: () => void
}

/**
 * Tells requests that their time is over. One timer serves them all: to set and clear one for each costs more
 * than it is worth.
 */
export type Deadlines = {
  /** `expire` is called, once, when the time is over and `end` has not been. */
  begin(expire: () => void): Flight
  end(flight: Flight): void
  stop(): void
}

const LOOK_EVERY_MS = 250

/** Deadlines `timeLimit` ms from their beginning, kept to a quarter of a second. */
export function createDeadlines(timeLimit: number): Deadlines {
  // In the order of their beginning, and so of their ends.
  const flights = createWaitingLine<Flight>()
  const timer = setInterval(expireDue, LOOK_EVERY_MS).unref()

  function expireDue(): void {
    const now = performance.now()
    for (let flight = flights.first; flight !== undefined && flight.until <= now; flight = flights.first) {
      flights.leave(flight)
      flight.expire()
    }
  }
  return {
    begin(expire) {
      const flight = { until: performance.now() + timeLimit, expire, before: undefined, behind: undefined }
      flights.join(flight)
      return flight
    },
    end: flight => flights.leave(flight),
    stop: () => clearInterval(timer),
  }
}
