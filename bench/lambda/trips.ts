import { randomUUID } from 'node:crypto'

/** Requests of trips, each a batch of CloudEvents as JSON text. */
export type TripRequests = {
  readonly requests: number
  readonly perRequest: number
  /** Bytes of an event's JSON. */
  readonly bytes: number
  readonly boards: number
  /** Event times, ms since 1970: they end here and spread over the ten minutes before. */
  readonly until: number
}

const CUSTOMERS = 10_000
const SPREAD_MS = 600_000
/** Readings that bring an event to its size: names repeat and values do not, as in what devices report. */
const READINGS = [
  'battery_voltage',
  'motor_temperature',
  'wheel_speed_left',
  'wheel_speed_right',
  'tilt',
  'brake_force',
]

export function tripRequests({
  requests,
  perRequest,
  bytes,
  boards,
  until,
}: TripRequests): readonly string[] {
  const below = (n: number) => Math.floor(Math.random() * n)
  const place = () => ({ longitude: -74 + below(1e6) / 1e6, latitude: 40 + below(1e6) / 1e6 })
  const trip = () => {
    const time = new Date(until - below(SPREAD_MS)).toISOString()
    return {
      ...{ specversion: '1.0', id: randomUUID(), source: '/fleet/bench', type: 'com.tributary.trip', time },
      data: {
        ...{
          hoverboard_id: below(boards),
          customer_id: below(CUSTOMERS),
          trip_duration: below(60_000) / 1000,
        },
        ...{ start_location: place(), end_location: place() },
        ...{ start_time_and_date: time, end_time_and_date: time },
        diagnostics: {} as Record<string, number>,
      },
    }
  }
  const ofSize = () => {
    const event = trip()
    for (let i = 0, size = JSON.stringify(event).length; size < bytes - 20; i++) {
      const name = `${READINGS[i % READINGS.length]}_${Math.floor(i / READINGS.length)}`
      const value = below(1e6) / 1000
      event.data.diagnostics[name] = value
      size += name.length + String(value).length + 4
    }
    return JSON.stringify(event)
  }
  return Array.from({ length: requests }, () => `[${Array.from({ length: perRequest }, ofSize).join(',')}]`)
}
