import { eventText } from '../../core/api/event-stream.ts'
import { type RowTexts, rowChanges, rowTexts } from '../../core/fold/row-changes.ts'
import { answerText, saidBeside } from '../answer-text.ts'
import type { MetricAnswer } from '../query-metric.ts'

/** What is followed. */
export type Asked = {
  /** The same for two that ask for the same, and may see the same of it. */
  readonly key: string
  /** Id of the metric. */
  readonly metric: string
  /** Asks it as a query does. */
  readonly ask: () => Promise<MetricAnswer>
}

/** Events that are kept for whoever comes back: how many, and UTF-16 units of them together. */
const HISTORY = { events: 100, length: 1_000_000 }

type State = {
  readonly answer: Omit<MetricAnswer, 'rows'>
  readonly rows: RowTexts
}

/** A question that is asked once for all who follow it, and what has become of its answer. */
export type Question = ReturnType<typeof createQuestion>

/**
 * @param name of this question in this process, which ids of events begin with
 * @param check refuses an answer that is too large to be followed, by its number of rows
 */
export function createQuestion(name: string, { metric, ask }: Asked, check: (rows: number) => void) {
  let state: State | undefined
  let version = 0
  let mark: string | undefined
  let asking: Promise<void> | undefined
  let whole: Uint8Array | undefined
  let history: { readonly version: number; readonly bytes: Uint8Array }[] = []

  async function askAnew(markBefore: string): Promise<void> {
    const answer = await ask()
    const { rows, ...rest } = answer
    check(rows.length)
    take({ answer: rest, rows: rowTexts(rows) })
    mark = markBefore
  }

  function take(later: State): void {
    const earlier = state
    state = later
    if (earlier === undefined) {
      version++
      return
    }
    const text = changeText(earlier, later, id(version + 1))
    if (text === 'none') return
    version++
    whole = undefined
    if (text === undefined) history = []
    else remember(Buffer.from(text))
  }

  function remember(bytes: Uint8Array): void {
    history.push({ version, bytes })
    let length = history.reduce((sum, one) => sum + one.bytes.length, 0)
    while (history.length > HISTORY.events || length > HISTORY.length)
      length -= history.shift()?.bytes.length ?? length
  }

  const id = (of: number) => `${name}-${of}`

  function snapshot(): Uint8Array {
    whole ??= Buffer.from(eventText('snapshot', wholeText(state!), id(version)))
    return whole
  }

  return {
    metric,
    version: () => version,
    rows: () => state?.rows.size ?? 0,
    isAnswered: () => state !== undefined,
    /** Whether anything may have changed since the answer was asked for. */
    isOld: (now: string) => mark !== now,
    /** Asks anew; whoever wants that meanwhile waits for the same answer. `now`: the mark before it. */
    refresh(now: string): Promise<void> {
      asking ??= askAnew(now).finally(() => {
        asking = undefined
      })
      return asking
    },
    /** Which version an id is of; undefined where it is not of this question. */
    versionOf(eventId: string): number | undefined {
      const of = Number(eventId.startsWith(`${name}-`) ? eventId.slice(name.length + 1) : Number.NaN)
      return Number.isInteger(of) && of > 0 && of <= version ? of : undefined
    },
    /** What brings a reader from a version to the newest: changes, or the whole answer. */
    eventsSince(since: number | undefined): readonly Uint8Array[] {
      if (since === version) return []
      const missed = history.filter(one => since !== undefined && one.version > since)
      const isThere = since !== undefined && missed[0]?.version === since + 1
      return isThere ? missed.map(({ bytes }) => bytes) : [snapshot()]
    },
  }
}

/** What GET answers, as it answers it. */
const wholeText = ({ answer, rows }: State) => answerText(answer, `[${rows.values().toArray().join(',')}]`)

/**
 * The event that leads from one answer to the next; `none`: nothing to tell; undefined: only all of it does.
 */
function changeText(earlier: State, later: State, id: string): string | 'none' | undefined {
  const changes = rowChanges(earlier.rows, later.rows)
  if (changes === undefined) return undefined
  const { rows, removed } = changes
  const { total, provenance } = later.answer
  const isSame = saidBeside(earlier.answer) === saidBeside(later.answer)
  if (rows.length === 0 && removed.length === 0 && isSame) return 'none'
  const rest = JSON.stringify({ total, provenance })
  const data = `{"rows":[${rows.join(',')}],"removed":[${removed.join(',')}],${rest.slice(1)}`
  return eventText(isMoved(earlier, later) ? 'boundary' : 'change', data, id)
}

function isMoved({ answer: a }: State, { answer: b }: State): boolean {
  return a.provenance.boundary !== b.provenance.boundary || a.provenance.run !== b.provenance.run
}
