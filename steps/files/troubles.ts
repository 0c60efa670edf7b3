import type { InboxFile } from '../../core/ports/inbox.ts'

/** A file that a run could not deal with for a reason of the file's own, and how often it was looked at. */
export type Trouble = {
  readonly file: string
  readonly version: string
  readonly looks: number
  /** The byte that the run goes on from at the next look. */
  readonly offset: number
  readonly reason: string
}

/** Looks at a file before the run decides about it; they are half a minute apart. */
export const MAX_LOOKS = 3
export const LOOK_SECONDS = 30
/** More troubled files than these are no matter of single files. Their names travel with the run's state. */
export const MAX_TROUBLES = 30
const MAX_TEXT = 300

/** The trouble with a file as it is now; none where it has changed. */
export function troubleWith(troubles: readonly Trouble[], { name, version }: InboxFile): Trouble | undefined {
  return troubles.find(one => one.file === name && one.version === version)
}

/** The troubles, with one more look at a file. */
export function withLook(
  troubles: readonly Trouble[],
  file: InboxFile,
  offset: number,
  reason: string,
): readonly Trouble[] {
  const { name, version } = file
  const looks = (troubleWith(troubles, file)?.looks ?? 0) + 1
  const trouble = { file: name, version, looks, offset, reason: reason.slice(0, MAX_TEXT) }
  return [...without(troubles, file.name), trouble]
}

export function without(troubles: readonly Trouble[], name: string): readonly Trouble[] {
  return troubles.filter(({ file }) => file !== name)
}

/** What a report says of files: enough to find them by. */
export function named(troubles: readonly Pick<Trouble, 'file' | 'reason'>[]) {
  return troubles.map(({ file, reason }) => ({ file: file.slice(0, MAX_TEXT), reason }))
}
