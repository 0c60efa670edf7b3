import type { Claim, Markers, Verdict } from '../../core/ports/markers.ts'

/**
 * Markers in their plainest form, with what a fuzzy checkpoint needs: a copy, and a restart that mixes old
 * and new.
 */
export type MappedMarkers = Markers & {
  copy(): ReadonlyMap<string, readonly Claim[]>
  /** Goes on from `saved`, but keeps what came later for the keys that `keepsNewer` picks. */
  restart(saved: ReadonlyMap<string, readonly Claim[]>, keepsNewer: () => boolean): void
}

export function mappedMarkers(reach: number): MappedMarkers {
  let claimed = new Map<string, readonly Claim[]>()

  function judge(key: string, claim: Claim): Verdict {
    const all = claimed.get(key) ?? []
    const holding = all.filter(each => claim.epoch - each.epoch <= reach)
    if (holding.length === 0) claimed.set(key, [...all, claim])
    if (holding.length === 0) return 'first'
    if (holding.some(each => each.sequence === claim.sequence && each.index === claim.index))
      return 'redelivery'
    return holding.some(each => each.receipt === claim.receipt) ? 'repeat' : 'duplicate'
  }

  /** The first position of a duplicate claims its receipt, so that a second one is known as a repeat. */
  function judgeOnce(claim: Claim): Verdict {
    const verdict = judge(claim.key, claim)
    if (verdict !== 'duplicate') return verdict
    return judge(`receipt ${claim.receipt}`, claim) === 'repeat' ? 'repeat' : 'duplicate'
  }

  return {
    tellsRepeats: true,
    claim: async claims => claims.map(judgeOnce),
    copy: () => new Map(claimed),
    restart(saved, keepsNewer) {
      const mixed = new Map(saved)
      for (const [key, claims] of claimed) if (keepsNewer()) mixed.set(key, claims)
      claimed = mixed
    },
  }
}
