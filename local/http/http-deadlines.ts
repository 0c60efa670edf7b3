/** A request whose answer is awaited. */
export type Flight = { readonly until: number; readonly expire: () => void }

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
  const flights = new Set<Flight>()
  const timer = setInterval(expireDue, LOOK_EVERY_MS).unref()

  function expireDue(): void {
    const now = performance.now()
    for (const flight of flights) {
      if (flight.until > now) return
      flights.delete(flight)
      flight.expire()
    }
  }
  return {
    begin(expire) {
      const flight = { until: performance.now() + timeLimit, expire }
      flights.add(flight)
      return flight
    },
    end: flight => void flights.delete(flight),
    stop: () => clearInterval(timer),
  }
}
