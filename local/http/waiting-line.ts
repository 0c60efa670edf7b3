/** Somebody in a line: who stands before and behind. */
export type InLine<T> = { before: T | undefined; behind: T | undefined }

/** Whoever joined first stands first; anybody may leave at any time. */
export type WaitingLine<T> = {
  readonly first: T | undefined
  readonly length: number
  join(one: T): void
  /** May be repeated. */
  leave(one: T): void
}

/**
 * Makes a line of which a request is part for as long as it takes. A Set would do, but for one thing: it
 * grows into new tables, and each old one, once it has become old memory, holds the next one and what was in
 * it until a full collection. At ten thousand requests a second that is all of them, which made collecting
 * garbage cost a tenth of the server's time.
 */
export function createWaitingLine<T extends InLine<T>>(): WaitingLine<T> {
  let first: T | undefined
  let last: T | undefined
  let length = 0
  return {
    get first() {
      return first
    },
    get length() {
      return length
    },
    join(one) {
      one.before = last
      if (last === undefined) first = one
      else last.behind = one
      last = one
      length++
    },
    leave(one) {
      const { before, behind } = one
      if (before === undefined && first !== one) return
      if (before === undefined) first = behind
      else before.behind = behind
      if (behind === undefined) last = before
      else behind.before = before
      one.before = undefined
      one.behind = undefined
      length--
    },
  }
}
