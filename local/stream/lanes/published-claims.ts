import { TributaryError } from '../../../core/errors.ts'
import type { Markers, Verdict } from '../../../core/ports/markers.ts'
import type { LogReader } from '../../../drivers/stream/log/reader.ts'
import type { JudgedClaims } from './claims-ahead.ts'

/** The verdicts that reached a lane. */
export type PublishedClaims = Pick<Markers, 'claim'> & {
  /** Takes in what the claims ahead came to. */
  take(judged: JudgedClaims): void
  /** Forgets verdicts on records before a place in the log: the lane will not ask for them again. */
  forget(before: number): void
  /**
   * A reader that ends where claims are judged. A batch that goes further would wait for claims which are
   * made only once this very lane has come on: they are made so far ahead of the slowest one alone.
   */
  judgedOnly(reader: LogReader): LogReader
}

/**
 * Verdicts that are made elsewhere, ahead: a claim waits until its record is judged. Records are judged in
 * the order of the log.
 */
export function publishedClaims(): PublishedClaims {
  const duplicates = new Map<string, Set<number>>()
  let through = -1
  let forgotten = 0
  let waiting: { readonly sequence: number; readonly resolve: () => void }[] = []

  const judged = (sequence: number): Promise<void> | undefined =>
    sequence <= through ? undefined : new Promise(resolve => void waiting.push({ sequence, resolve }))

  let wake = (): void => {}
  /** One reader waits at a time. The wait alone does not keep a thread alive. */
  const newsWithin = (timeoutMs: number) =>
    new Promise<void>(resolve => {
      const timer = setTimeout(resolve, timeoutMs).unref()
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** A delivery that took too long goes on beside its retry, and may come back when that is long done. */
  function requireRemembered(sequence: number): void {
    if (sequence >= forgotten) return
    const detail = `what is judged of the log before ${forgotten} is forgotten, and ${sequence} is asked for`
    throw new TributaryError('timeout', detail)
  }

  return {
    async claim(claims) {
      if (claims.length === 0) return []
      await judged(Number(claims.at(-1)!.sequence))
      requireRemembered(Number(claims[0]!.sequence))
      return claims.map(({ sequence, index }): Verdict => {
        return duplicates.get(sequence)?.has(index) ? 'duplicate' : 'first'
      })
    },
    take(news) {
      for (const [sequence, index] of news.duplicates) {
        const known = duplicates.get(sequence)
        if (known === undefined) duplicates.set(sequence, new Set([index]))
        else known.add(index)
      }
      through = Math.max(through, news.through)
      const ready = waiting.filter(({ sequence }) => sequence <= through)
      waiting = waiting.filter(({ sequence }) => sequence > through)
      for (const { resolve } of ready) resolve()
      wake()
    },
    forget(before) {
      forgotten = Math.max(forgotten, before)
      // They were put in the order of the log.
      for (const sequence of duplicates.keys()) {
        if (Number(sequence) >= before) return
        duplicates.delete(sequence)
      }
    },
    judgedOnly: reader => ({
      read: (from, maxBytes) =>
        from > through ? [] : reader.read(from, maxBytes).filter(({ sequence }) => sequence <= through),
      async wait(from, timeoutMs) {
        if (from > through) await newsWithin(timeoutMs)
        return from <= through
      },
      close: () => reader.close(),
    }),
  }
}
