/** Stands where an event's id will be written. */
export const ID = '################'

const HEX = Buffer.from('0123456789abcdef')

/** What the trips of a load are spread over. */
export type TripSpread = {
  /** Boards that ride; each is a group of trips_hourly. */
  readonly boards: number
  /** Hours over which event times spread, before now. */
  readonly hours: number
}

/** The `i`-th trip of a load: a CloudEvent whose id is still to be written. */
export function trip(i: number, { boards, hours }: TripSpread) {
  const draw = mix(i + 1)
  const time = new Date(Date.now() - (draw % (hours * 3600)) * 1000).toISOString()
  const place = (n: number) => ({ longitude: -73.9 - (n % 1000) / 1e5, latitude: 40.7 + (n % 777) / 1e5 })
  return {
    specversion: '1.0',
    id: ID,
    source: '/bench',
    type: 'com.tributary.trip',
    time,
    data: {
      hoverboard_id: i % boards,
      customer_id: draw % 20_000,
      trip_duration: (draw % 6000) / 100,
      start_location: place(draw),
      end_location: place(draw >>> 8),
      start_time_and_date: null,
      end_time_and_date: time,
    },
  }
}

/** Writes sixteen hex digits that look random, one to one with the number. */
export function writeId(buffer: Buffer, at: number, n: number): void {
  writeHex(buffer, at, mix(n % 2 ** 32))
  writeHex(buffer, at + 8, mix(Math.floor(n / 2 ** 32) + 77) ^ (n % 2 ** 32))
}

function writeHex(buffer: Buffer, at: number, value: number): void {
  for (let digit = 0; digit < 8; digit++) buffer[at + digit] = HEX[(value >>> (digit * 4)) & 15]!
}

/** A one-to-one mix of 32 bits (Wellons' triple32 without its last round). */
function mix(n: number): number {
  let x = n >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}
