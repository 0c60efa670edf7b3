import type { Markers, Verdict } from '../../../core/ports/markers.ts'
import type { JudgedClaims } from './claims-ahead.ts'

/** The verdicts that reached a lane. */
export type PublishedClaims = Pick<Markers, 'claim'> & {
  /** Takes in what the claims ahead came to. */
  take(judged: JudgedClaims): void
  /** Forgets verdicts on records before a place in the log: the lane will not ask for them again. */
  forget(before: number): void
}

/**
 * Verdicts that are made elsewhere, ahead: a claim waits until its record is judged. Records are judged in
 * the order of the log.
 */
export function publishedClaims(): PublishedClaims {
  const duplicates = new Map<string, Set<number>>()
  let through = -1
  let waiting: { readonly sequence: number; readonly resolve: () => void }[] = []

  const judged = (sequence: number): Promise<void> | undefined =>
    sequence <= through ? undefined : new Promise(resolve => void waiting.push({ sequence, resolve }))

  return {
    async claim(claims) {
      await judged(Number(claims.at(-1)?.sequence ?? -1))
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
    },
    forget(before) {
      // They were put in the order of the log.
      for (const sequence of duplicates.keys()) {
        if (Number(sequence) >= before) return
        duplicates.delete(sequence)
      }
    },
  }
}
