import { TributaryError } from '../../core/errors.ts'
import { createWaitingLine, type InLine } from './waiting-line.ts'

/** Memory that request bodies may take at one time, bytes: all together, and those of one sender. */
export type BodyLimits = { readonly all: number; readonly ofOne: number }

/** A body from its first byte until its request is answered. */
export interface Held extends InLine<Held> {
  /** Who sends it: an address and a key. */
  readonly sender: string
  /** `performance.now`. */
  readonly since: number
  /** What it is charged with. */
  bytes: number
  /** Rejects the reading of it. */
  readonly giveUp: (failure: TributaryError) => void
}

/**
 * Shares memory between bodies. Nothing is reserved for what is only announced; where memory is short, bodies
 * that have been arriving for long give way to those that come, so that nobody takes a place by being slow.
 */
export type BodyBudget = {
  begin(sender: string, giveUp: Held['giveUp']): Held
  /** Charges bytes more; false where there is no room for them. */
  take(held: Held, bytes: number): boolean
  /** All of it is there: it gives way no more. */
  arrived(held: Held): void
  /** Gives back what it held; may be repeated. */
  release(held: Held): void
  stop(): void
}

/** A body that has been arriving as long gives way where memory is short, ms. */
const SLOW_MS = 1000
/** After this time, a body has to have come at the pace below, ms and bytes a second. */
const PATIENCE_MS = 10_000
const LEAST_PACE = 1024
const LOOK_EVERY_MS = 1000
/** Of as many bodies that arrive at one time, the slowest gives way to the next. */
const MAX_ARRIVING = 2000
const RETRY_AFTER_SECONDS = 1

export function createBodyBudget(limits: BodyLimits): BodyBudget {
  const ofSender = new Map<string, number>()
  // In the order of their beginning: the slowest come first.
  const arriving = createWaitingLine<Held>()
  let used = 0
  const timer = setInterval(look, LOOK_EVERY_MS).unref()

  function charge(held: Held, bytes: number): void {
    used += bytes
    held.bytes += bytes
    ofSender.set(held.sender, (ofSender.get(held.sender) ?? 0) + bytes)
  }

  function look(): void {
    refuseTrickles()
    // Not at each request: a Map that takes and loses a key each time makes tables for garbage.
    for (const [sender, bytes] of ofSender) if (bytes === 0) ofSender.delete(sender)
  }

  function release(held: Held): void {
    arriving.leave(held)
    if (held.bytes > 0) charge(held, -held.bytes)
  }

  function giveUp(held: Held, failure: TributaryError): void {
    release(held)
    held.giveUp(failure)
  }

  /** The body that has to make room: the sender's own where that takes too much, else anybody's. */
  function slowest(isOverShare: boolean, than: Held): Held | undefined {
    const now = performance.now()
    for (let held = arriving.first; held !== undefined; held = held.behind) {
      if (now - held.since < SLOW_MS) return undefined
      if (held !== than && held.bytes > 0 && (!isOverShare || held.sender === than.sender)) return held
    }
    return undefined
  }

  function endSlowest(newcomer: Held): void {
    const { first } = arriving
    if (first !== undefined && newcomer.since - first.since >= SLOW_MS) giveUp(first, overloaded())
  }

  function refuseTrickles(): void {
    const now = performance.now()
    for (let held = arriving.first, next = held?.behind; held !== undefined; held = next) {
      next = held.behind
      const age = now - held.since
      if (age < PATIENCE_MS) return
      if (held.bytes < (age / 1000) * LEAST_PACE) giveUp(held, trickling())
    }
  }

  return {
    begin(sender, giveUp) {
      const since = performance.now()
      const held: Held = { sender, since, bytes: 0, giveUp, before: undefined, behind: undefined }
      if (arriving.length >= MAX_ARRIVING) endSlowest(held)
      arriving.join(held)
      return held
    },
    take(held, bytes) {
      for (;;) {
        const isOverShare = (ofSender.get(held.sender) ?? 0) + bytes > limits.ofOne
        if (!isOverShare && used + bytes <= limits.all) break
        const other = slowest(isOverShare, held)
        if (other === undefined) return false
        giveUp(other, overloaded())
      }
      charge(held, bytes)
      return true
    },
    arrived: held => arriving.leave(held),
    release,
    stop: () => clearInterval(timer),
  }
}

/** What a sender is told for whom there is no memory. */
export function overloaded(): TributaryError {
  return new TributaryError('overloaded', 'too many requests are in flight; send this one again', {
    retryAfter: RETRY_AFTER_SECONDS,
  })
}

function trickling(): TributaryError {
  const detail = `the body came at less than ${LEAST_PACE} bytes a second for ${PATIENCE_MS / 1000} s; send it again`
  return new TributaryError('late_request', detail)
}
