import { createHash } from 'node:crypto'

/** Where files of events are dropped, to be taken in. */
export const INBOX = 'inbox'

/** Where a file goes that has left the inbox on a day (UTC): the folder of its name, see `asideName`. */
export const outOfInbox = (place: 'done' | 'failed', day: string) => `inbox-${place}/${day}`

/** What is remembered of a file of the inbox, whose name may be longer than a file system takes. */
export const inboxNote = (name: string) =>
  `inbox-notes/${createHash('sha256').update(name).digest('hex').slice(0, 40)}.json`

/** Beside a file that could not be read. */
export const reasonOf = (path: string) => `${path}.reason`
