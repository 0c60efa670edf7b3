import { firstSight } from '../../../core/fold/first-sight.ts'
import type { CountedSince } from '../../../core/ports/counted-since.ts'
import type { EmbeddedPaths } from '../../../drivers/compose/embedded.ts'
import { readLanes, writeLanes } from './lanes-file.ts'

/**
 * Opens the note of one machine, beside the lanes it is about. What is declared now and was not at the last
 * start is noted as seen for the first time, durably, before any lane goes on with it.
 *
 * @param firstWhole start of the first epoch that begins after this start, ms since 1970
 */
export async function openCountedSince(
  paths: EmbeddedPaths,
  declared: readonly string[],
  firstWhole: number,
): Promise<CountedSince> {
  const { lanes, since: stored } = (await readLanes(paths))!
  let since = firstSight(new Map(Object.entries(stored)), declared, firstWhole)
  const write = (next: ReadonlyMap<string, number>) =>
    writeLanes(paths, { lanes, since: Object.fromEntries(next) })
  if (!isEqual(stored, since)) await write(since)
  return {
    list: async () => since,
    async note(changes) {
      const next = new Map([...since, ...changes])
      await write(next)
      since = next
    },
  }
}

function isEqual(stored: Readonly<Record<string, number>>, since: ReadonlyMap<string, number>): boolean {
  return (
    Object.keys(stored).length === since.size && since.entries().every(([id, epoch]) => stored[id] === epoch)
  )
}
