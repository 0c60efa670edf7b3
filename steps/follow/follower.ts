import { createConnection, type Outlet } from './connection.ts'
import type { Question } from './question.ts'

/** One who follows a question. */
export type Follower = ReturnType<typeof createFollower>

/**
 * A reader is never given more than it takes: while it does not, nothing is written, and afterwards the
 * changes that it missed, or the whole answer where they are kept no longer. So what waits for it is one
 * answer at most.
 *
 * @param since version that the reader has already
 * @param stillMay throws where the reader's key is worth nothing any more
 */
export function createFollower(
  { outlet, since, stillMay }: { outlet: Outlet; since: number | undefined; stillMay: () => void },
  question: Question,
  now: () => number,
) {
  let version = since
  const { write, isBehind, beat, end } = createConnection(outlet, now, () => catchUp())

  function catchUp(): void {
    if (isBehind()) return
    for (const bytes of question.eventsSince(version)) write(bytes)
    version = question.version()
  }
  catchUp()

  return { catchUp, stillMay, beat, end }
}
