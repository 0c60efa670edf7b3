import { whichWasMeant } from '../data/nearest.ts'
import { TributaryError } from '../errors.ts'

/** What of an event type is kept for a time, in the order it is made. */
export const KEPT = ['raw', 'curated', 'partials'] as const

/**
 * How long the lake keeps an event type: days or years of 365 days, such as `400d` or `2y`; what is left out
 * is kept for ever. Numbers stay whatever is declared: it ends how far back they can be computed again.
 */
export type RetentionDeclaration = {
  /** Events as they were received. */
  readonly raw?: string
  /** Refined events. */
  readonly curated?: string
  /** Partials of each epoch; older ones are condensed to the totals of their windows, which stay. */
  readonly partials?: string
}

/** The same in ms; undefined: for ever. */
export type Retention = Readonly<Partial<Record<keyof RetentionDeclaration, number>>>

const DAY = 86_400_000
const UNITS = { d: DAY, y: 365 * DAY } as const
/** What is kept is counted in whole days (UTC): of one day nothing might be left. */
const SHORTEST = 2 * DAY

/** Reads how long an event type is kept. @throws TributaryError `invalid_declaration` with the remedy */
export function readRetention(type: string, declared: unknown): Retention {
  if (declared === undefined) return {}
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared))
    fail(
      type,
      `retention ${JSON.stringify(declared)} is not an object`,
      "write { raw: '400d', curated: '2y' }",
    )
  const read: Record<string, number> = {}
  for (const [name, text] of Object.entries(declared)) {
    if (!KEPT.includes(name as keyof Retention)) fail(type, `retention has "${name}"`, remedyOf(name))
    if (text !== undefined) read[name] = lengthOf(type, name, text)
  }
  refuseUseless(type, read)
  return read
}

function remedyOf(name: string): string {
  return whichWasMeant(name, KEPT, `it takes ${KEPT.join(', ')}`)
}

function lengthOf(type: string, name: string, text: unknown): number {
  const [, digits, unit] = /^([1-9]\d{0,4})([dy])$/.exec(typeof text === 'string' ? text : '') ?? []
  const shown = `retention.${name} ${JSON.stringify(text)}`
  if (digits === undefined)
    fail(
      type,
      `${shown} is no time`,
      "write days or years, such as '400d' or '2y', or leave it out: for ever",
    )
  const length = Number(digits) * UNITS[unit as keyof typeof UNITS]
  if (length < SHORTEST) fail(type, `${shown} is too short`, "write '2d' or more: whole days are kept")
  if (length > 100 * UNITS.y) fail(type, `${shown} is too long`, 'leave it out: for ever')
  return length
}

/** Partials of epochs that cannot be computed again are of no use one by one. */
function refuseUseless(type: string, { raw = Infinity, curated = Infinity, partials }: Retention): void {
  const shorter = raw <= curated ? 'raw' : 'curated'
  if (partials === undefined || partials <= Math.min(raw, curated)) return
  const problem = `retention.partials is longer than retention.${shorter}, without which no epoch is computed again`
  fail(type, problem, `leave partials out: they follow ${shorter} by themselves, and numbers stay`)
}

/**
 * Refuses a retention that ends before event ids are forgotten: what repeats is told by what was counted.
 *
 * @param horizon how long event ids are remembered, ms
 * @throws TributaryError `invalid_declaration` naming the contract and both times
 */
export function requireLongerThan(
  horizon: number,
  contracts: Iterable<{ readonly type: string; readonly retention: Retention }>,
): void {
  for (const { type, retention } of contracts)
    for (const name of KEPT) {
      const length = retention[name] ?? Infinity
      if (length >= horizon + DAY) continue
      const needed = Math.ceil(horizon / DAY) + 1
      fail(
        type,
        `retention.${name} of ${length / DAY} days is shorter than event ids are remembered, and a day more`,
        `write '${needed}d' or more, or lower TRIBUTARY_DEDUPE_HORIZON (on AWS the parameter horizon)`,
      )
    }
}

function fail(type: string, problem: string, remedy: string): never {
  throw new TributaryError('invalid_declaration', `contract ${type}: ${problem}; ${remedy}`)
}
