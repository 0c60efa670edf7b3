import type { Claim, Markers, Verdict } from '../../core/ports/markers.ts'

/** Markers in their plainest form, with what a fuzzy checkpoint needs: a copy, and a restart that mixes old and new. */
export type MappedMarkers = Markers & {
  copy(): ReadonlyMap<string, readonly Claim[]>
  /** Goes on from `saved`, but keeps what came later for the keys that `keepsNewer` picks. */
  restart(saved: ReadonlyMap<string, readonly Claim[]>, keepsNewer: () => boolean): void
}

export function mappedMarkers(reach: number): MappedMarkers {
  let claimed = new Map<string, readonly Claim[]>()

  function judge(claim: Claim): Verdict {
    const all = claimed.get(claim.key) ?? []
    const holding = all.filter(each => claim.epoch - each.epoch <= reach)
    if (holding.length === 0) claimed.set(claim.key, [...all, claim])
    if (holding.length === 0) return 'first'
    const own = holding.some(each => each.sequence === claim.sequence && each.index === claim.index)
    return own ? 'redelivery' : 'duplicate'
  }

  return {
    claim: async claims => claims.map(judge),
    copy: () => new Map(claimed),
    restart(saved, keepsNewer) {
      const mixed = new Map(saved)
      for (const [key, claims] of claimed) if (keepsNewer()) mixed.set(key, claims)
      claimed = mixed
    },
  }
}
