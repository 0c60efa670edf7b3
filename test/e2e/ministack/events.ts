import { seeded } from '../../core/sql/hostile-events.ts'

/** An event as its sender knows it; the CloudEvents SDK makes the rest. */
export type Sent = {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
}

/**
 * What goes to the platform: events, some of them for the second time, and some that no contract lets pass.
 */
export type Load = {
  /** In the order in which they are sent. */
  readonly events: readonly Sent[]
  /** Indexes of those that must be rejected, with the code. */
  readonly wrong: ReadonlyMap<number, string>
}

const KINDS = [trip, hoverboard, customer, flight] as const
const DAY = Date.UTC(2026, 9, 30)
const SPAN_SECONDS = 50 * 3600

/** `total` events of all sample types over two days: one in 20 is sent again later, one in 50 is wrong. */
export function makeLoad(total: number, seed: number): Load {
  const random = seeded(seed)
  const events: Sent[] = []
  const wrong = new Map<number, string>()
  while (events.length < total) {
    const n = events.length
    const again = n % 20 === 19 ? events[Math.floor(random() * n)] : undefined
    if (again !== undefined && !wrong.has(events.indexOf(again))) events.push(again)
    else if (n % 50 === 7) {
      const [code, event] = spoil(makeEvent(n, random), n)
      wrong.set(n, code)
      events.push(event)
    } else events.push(makeEvent(n, random))
  }
  return { events, wrong }
}

function makeEvent(n: number, random: () => number): Sent {
  const time = new Date(DAY + Math.floor(random() * SPAN_SECONDS) * 1000).toISOString()
  const [type, data] = KINDS[n % KINDS.length]!(random, time)
  return { id: `event-${n}`, source: '/e2e', type: `com.tributary.${type}`, time, data }
}

/** An event of an unknown type, or one whose data breaks its contract. */
function spoil(event: Sent, n: number): readonly [string, Sent] {
  if (n % 100 === 7) return ['unknown_contract', { ...event, type: 'com.tributary.nothing' }]
  return ['schema_violation', { ...event, data: { ...event.data, id: 'x', customer_id: 'x', origin: 7 } }]
}

const whole = (random: () => number, below: number): number => Math.floor(random() * below)
const place = (random: () => number) => ({
  longitude: whole(random, 180_000_000) / 1e6,
  latitude: whole(random, 90_000_000) / 1e6,
})

function trip(random: () => number, time: string) {
  const data = {
    hoverboard_id: whole(random, 20),
    customer_id: whole(random, 500),
    trip_duration: whole(random, 6000) / 100,
    start_location: place(random),
    end_location: place(random),
    start_time_and_date: null,
    end_time_and_date: time,
  }
  return ['trip', data] as const
}

function hoverboard(random: () => number) {
  const data = {
    id: whole(random, 40),
    elevation: 12.5,
    temperature: random() < 0.2 ? null : whole(random, 400) / 10,
    humidity: 0.5,
    charge: whole(random, 1000) / 10,
    speed: whole(random, 250) / 10,
    weight: 70,
    acceleration: 0.1,
    magnetic_field: 48,
    location: place(random),
    is_docked: random() < 0.3,
  }
  return ['hoverboard', data] as const
}

function customer(random: () => number) {
  const id = whole(random, 300)
  const data = {
    id,
    customer_name: { first_name: 'Ada', last_name: `Löwe ${id}` },
    customer_email: `ada.${id}@example.com`,
    customer_location: place(random),
  }
  return ['customer', data] as const
}

function flight(random: () => number) {
  const data = {
    origin: ['ABE', 'LAX', 'SFO', 'JFK'][whole(random, 4)]!,
    destination: ['ORD', 'SEA', 'BOS'][whole(random, 3)]!,
    distance: whole(random, 2500),
    delay: whole(random, 300) - 60,
  }
  return ['flight', data] as const
}
