import { formatInstant } from '../../../core/data/time.ts'
import type { Contract } from '../../../core/declare/pipeline.ts'
import { rawFolder } from '../../../core/lake/lake-paths.ts'
import { type KeptMark, keptOfType } from '../../../core/lake/retention-paths.ts'
import type { Holds } from '../../../core/ports/holds.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import { dueMarks, endMark } from '../marks/due-marks.ts'
import { computableSince, type Kept, keptSince, markGone, markKept } from './kept.ts'
import { type TargetPorts, targetsOf } from './targets.ts'

export type MoveOnPorts = TargetPorts & {
  readonly lake: LakeFolder
  readonly holds: Pick<Holds, 'list'>
}

/**
 * Moves on from when on each type is kept. Answers which types wait with it, by type: the epoch that is still
 * to be computed, or computed again.
 */
export async function moveOn(
  ports: MoveOnPorts,
  kept: Kept,
  declared: readonly Contract[],
): Promise<Readonly<Record<string, string>>> {
  if (declared.length === 0) return {}
  const open = { marks: await dueMarks(ports.lake), holds: await ports.holds.list() }
  const waits: Record<string, string> = {}
  for (const contract of declared) {
    const targets = await targetsOf(ports, contract, kept, open)
    if (targets?.waitsFor !== undefined) waits[contract.type] = formatInstant(targets.waitsFor)
    for (const [kind, since] of targets?.since ?? [])
      await moveTo(ports, kept, { owner: keptOfType(contract.type), kind, since })
  }
  return waits
}

async function moveTo({ lake, now }: MoveOnPorts, kept: Kept, to: Omit<KeptMark, 'made'>): Promise<void> {
  if (to.since <= keptSince(kept, to.owner, to.kind)) return
  // Partials stay until each metric has condensed them, and go by its own mark.
  if (to.kind === 'partials') await markGone(lake, kept, to)
  else await markKept(lake, { ...to, made: now() })
}

/**
 * Ends what marks say is due of epochs that cannot be computed again: raw lines that came after raw data is
 * kept. They count nowhere, and are told, by type.
 */
export async function endTooLate(
  ports: MoveOnPorts,
  kept: Kept,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const { lake } = ports
  const told: Record<string, readonly string[]> = {}
  for (const mark of kept.length === 0 ? [] : await dueMarks(lake)) {
    const { type, epoch } = mark
    if (epoch >= computableSince(kept, type, ports)) continue
    if (epoch < keptSince(kept, keptOfType(type), 'raw')) await lake.remove(rawFolder(type, epoch))
    await endMark(lake, mark)
    told[type] = [...(told[type] ?? []), formatInstant(epoch)]
  }
  return told
}
