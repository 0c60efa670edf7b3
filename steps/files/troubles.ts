import type { InboxFile } from '../../core/ports/inbox.ts'

/** A file that a run could not deal with for a reason of the file's own, and how often it was looked at. */
export type Trouble = {
  readonly file: string
  readonly version: string
  readonly looks: number
  readonly reason: string
  /** The last pass through the inbox that met the file. */
  readonly pass: number
}

/** Looks at a file before the run decides about it; they are half a minute apart. */
export const MAX_LOOKS = 3
export const LOOK_SECONDS = 30
/**
 * More troubled files than these are no matter of single files. Their names travel with the run's state,
 * which ends at 256 KiB, so that one more is remembered and the others are counted only.
 */
export const MAX_TROUBLES = 30
const MAX_TEXT = 300

/** The trouble with a file as it is now; none where it has changed. */
export function troubleWith(
  troubles: readonly Trouble[],
  { name, version }: Pick<InboxFile, 'name' | 'version'>,
): Trouble | undefined {
  return troubles.find(one => one.file === name && one.version === version)
}

/** The troubles, with one more look at a file in a pass. */
export function withLook(
  troubles: readonly Trouble[],
  { name, version }: Pick<InboxFile, 'name' | 'version'>,
  reason: string,
  pass: number,
): readonly Trouble[] {
  const looks = (troubleWith(troubles, { name, version })?.looks ?? 0) + 1
  const others = without(troubles, name)
  if (others.length > MAX_TROUBLES) return others
  return [...others, { file: name, version, looks, reason: reason.slice(0, MAX_TEXT), pass }]
}

/** The troubles, of which a pass has met a file. */
export function met(troubles: readonly Trouble[], name: string, pass: number): readonly Trouble[] {
  if (!troubles.some(({ file }) => file === name)) return troubles
  return troubles.map(trouble => (trouble.file === name ? { ...trouble, pass } : trouble))
}

export function without(troubles: readonly Trouble[], name: string): readonly Trouble[] {
  return troubles.filter(({ file }) => file !== name)
}

/** What a report says of files: enough to find them by. */
export function named(troubles: readonly Pick<Trouble, 'file' | 'reason'>[]) {
  return troubles.map(({ file, reason }) => ({ file: file.slice(0, MAX_TEXT), reason }))
}
