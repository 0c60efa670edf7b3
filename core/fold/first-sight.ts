/**
 * Since when each of the declared ids has been counted, given what was known when the speed layer worked
 * last. What it sees for the first time it counts from now on: whole epochs of it begin with `firstWhole`.
 * What is not declared any more is forgotten, for its events go by: declared again, it is seen for the first
 * time.
 *
 * @param firstWhole start of the first epoch that begins after this moment, ms since 1970
 */
export function firstSight(
  known: ReadonlyMap<string, number>,
  declared: readonly string[],
  firstWhole: number,
): ReadonlyMap<string, number> {
  return new Map(declared.map(id => [id, known.get(id) ?? firstWhole]))
}
