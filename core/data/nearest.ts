/**
 * The candidate a mistyped name most likely meant: at most a third of its letters differ; undefined where
 * none is near.
 *
 * @example nearest('TRIBUTARY_EPOC', ['TRIBUTARY_EPOCH', 'TRIBUTARY_DATA']) === 'TRIBUTARY_EPOCH'
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map(candidate => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  // The shared prefix would make every setting look near.
  const length = name.replace(/^TRIBUTARY_/, '').length
  return best !== undefined && best.distance <= Math.max(2, length / 3) ? best.candidate : undefined
}

/** The remedy for a mistyped name: the candidate that was meant, or, where none is near, `otherwise`. */
export function whichWasMeant(name: string, candidates: readonly string[], otherwise: string): string {
  const near = nearest(name, candidates)
  return near === undefined ? otherwise : `did you mean ${near}?`
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced))
    }
    row = next
  }
  return row[b.length]!
}
