import { TributaryError } from '../../core/errors.ts'
import type { InboxFile, InboxNote } from '../../core/ports/inbox.ts'

/** A note as it is stored: with the name and version of the file that it is about. */
export function noteText({ name, version }: InboxFile, note: InboxNote): string {
  return JSON.stringify({ name, version, note })
}

/**
 * Reads what `noteText` wrote; undefined where it is about another version of the file.
 *
 * @param place of the note, for the message
 * @throws TributaryError `storage_failed` where it cannot be read: what was sent is not known
 */
export function readNote(file: InboxFile, text: string, place: string): InboxNote | undefined {
  const { name, version, note } = parsed(text, place)
  return name === file.name && version === file.version ? note : undefined
}

type Stored = Pick<InboxFile, 'name' | 'version'> & { readonly note: InboxNote }

function parsed(text: string, place: string): Stored {
  try {
    return JSON.parse(text) as Stored
  } catch (cause) {
    const problem = `${place}, which says how much of the file was sent, cannot be read`
    throw new TributaryError('storage_failed', `${problem}; remove it to send the file from its start`, {
      cause,
    })
  }
}
