import { TributaryError, toTributaryError } from '../../core/errors.ts'
import type { Outlet } from './connection.ts'
import { createFollower, type Follower } from './follower.ts'
import { type Asked, createQuestion, type Question } from './question.ts'

export type FollowPorts = {
  /** Another text whenever an answer of a metric may be another one; costs no look at rows. */
  readonly changeMark: (metric: string) => Promise<string>
  /** Most readers at one time. */
  readonly listeners: number
  /** What ids of events begin with: no other process has had it. */
  readonly process: string
  /** ms, of a clock that only goes on. */
  readonly now: () => number
  /** Lets others work for so long; 0: for a turn. */
  readonly pause: (ms: number) => Promise<void>
  readonly report: (failure: TributaryError) => void
}

/** Bounds of what is kept for readers; rows of one answer, and of all of them together. */
const MOST = { questions: 100, rows: 20_000, allRows: 500_000 }
/** Readers that are written to in one turn of the thread, which takes events in too. */
const SLICE = 50
/** A question that nobody follows is kept so long for whoever comes back, ms. */
const LINGER_MS = 30_000
/** After each question this many times as long as it took: a fifth of a core at most. */
const REST = 4
/** How often asking may fail before readers are told. */
const MOST_FAILURES = 3

type Followed = {
  readonly question: Question
  readonly followers: Set<Follower>
  failures: number
  /** When the last reader left. */
  leftAt: number
}

/** Who attaches itself to an answer. */
export type Reader = {
  readonly outlet: Outlet
  /** Id of the last event that it has. */
  readonly lastId: string | undefined
  readonly stillMay: () => void
}

export type Follow = ReturnType<typeof createFollow>

/**
 * Answers that are kept up for their readers. Those of one question share it: it is asked once, when
 * something has changed, and what changed is written once.
 */
export function createFollow({ changeMark, listeners, process, now, pause, report }: FollowPorts) {
  const all = new Map<string, Followed>()
  let opening = 0
  let serial = 0
  let isClosed = false

  const readers = () => all.values().reduce((sum, { followers }) => sum + followers.size, 0)
  const rows = () => all.values().reduce((sum, { question }) => sum + question.rows(), 0)

  function check(more: number): void {
    if (more > MOST.rows)
      throw new TributaryError(
        'too_large',
        `the answer has ${more} rows, and ${MOST.rows} at most are followed; ask for less: from and to, fewer fields in by, a coarser window, where.<field>, limit`,
      )
  }

  function followedOf(asked: Asked): Followed {
    const found = all.get(asked.key)
    if (found !== undefined) return found
    if (all.size >= MOST.questions) forgetOne()
    const name = `${process}-${(serial++).toString(36)}`
    const followed = {
      ...{ question: createQuestion(name, asked, check), followers: new Set<Follower>() },
      ...{ failures: 0, leftAt: now() },
    }
    all.set(asked.key, followed)
    return followed
  }

  /** Of those that nobody follows, the one that has been left for longest. */
  function forgetOne(): void {
    for (const [key, { followers }] of all) if (followers.size === 0) return void all.delete(key)
    throw tooMany(`${MOST.questions} different questions are being followed; end some of them, or poll`)
  }

  async function refresh({ question }: Followed): Promise<boolean> {
    const mark = await changeMark(question.metric)
    if (!question.isOld(mark)) return false
    await question.refresh(mark)
    return true
  }

  async function lookAt(key: string, followed: Followed): Promise<void> {
    const began = now()
    try {
      if (!(await refresh(followed))) return
      followed.failures = 0
    } catch (error) {
      failed(key, followed, toTributaryError(error))
    }
    await inSlices(followed, follower => follower.catchUp())
    await pause(REST * (now() - began))
  }

  /** What asking again cannot mend is told at once, all else where it stays. */
  function failed(key: string, followed: Followed, failure: TributaryError): void {
    followed.failures++
    if (failure.status >= 500) report(failure)
    if (failure.retryable && followed.failures < MOST_FAILURES) return
    end(followed, failure)
    all.delete(key)
  }

  function end({ followers }: Followed, why: TributaryError): void {
    for (const follower of followers) follower.end(why)
    followers.clear()
  }

  async function inSlices({ followers }: Followed, work: (follower: Follower) => void): Promise<void> {
    let done = 0
    for (const follower of followers) {
      work(follower)
      if (++done % SLICE === 0) await pause(0)
    }
  }

  function attach(asked: Asked, opened: Followed, { outlet, lastId, stillMay }: Reader): void {
    if (isClosed) {
      outlet.destroy()
      return
    }
    // Meanwhile it may have been given up, and asked by another one.
    const there = all.get(asked.key)
    const followed = there?.question.isAnswered() ? there : opened
    all.set(asked.key, followed)
    const { question, followers } = followed
    const since = lastId === undefined ? undefined : question.versionOf(lastId)
    const follower = createFollower({ outlet, since, stillMay }, question, now)
    followers.add(follower)
    outlet.onClose(() => {
      followers.delete(follower)
      followed.leftAt = now()
    })
  }

  return {
    /**
     * Asks a question for a reader, or finds that it is asked already.
     *
     * @returns what the reader then attaches itself to
     * @throws TributaryError `overloaded` beyond the bounds, and what the query throws
     */
    async open(asked: Asked): Promise<(reader: Reader) => void> {
      if (isClosed) throw new TributaryError('unavailable', 'the platform is stopping; connect again')
      if (readers() + opening >= listeners)
        throw tooMany(
          `there are ${listeners} listeners, the most that TRIBUTARY_LISTENERS lets in; raise it, end some, or poll`,
        )
      opening++
      try {
        const followed = followedOf(asked)
        if (followed.followers.size === 0) await refresh(followed)
        if (rows() > MOST.allRows) throw tooMany(`answers of ${MOST.allRows} rows are being followed; poll`)
        return reader => attach(asked, followed, reader)
      } catch (error) {
        if (all.get(asked.key)?.followers.size === 0) all.delete(asked.key)
        throw error
      } finally {
        opening--
      }
    },
    /** Asks anew what may have another answer, one question at a time, and tells its readers. */
    async look(): Promise<void> {
      for (const [key, followed] of [...all]) {
        if (isClosed) return
        if (followed.followers.size > 0) await lookAt(key, followed)
        else if (now() - followed.leftAt > LINGER_MS) all.delete(key)
      }
    },
    /** Tells readers that somebody is there, and ends those whose keys are worth nothing any more. */
    async beat(): Promise<void> {
      for (const followed of [...all.values()])
        await inSlices(followed, follower => {
          try {
            follower.stillMay()
            follower.beat()
          } catch (error) {
            followed.followers.delete(follower)
            follower.end(toTributaryError(error))
          }
        })
    },
    readers,
    /** Ends every reader. */
    close(): void {
      isClosed = true
      const why = new TributaryError('unavailable', 'the platform is stopping; connect again')
      for (const followed of all.values()) end(followed, why)
      all.clear()
    },
  }
}

function tooMany(detail: string): TributaryError {
  return new TributaryError('overloaded', detail, { retryAfter: 10 })
}
