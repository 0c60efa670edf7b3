import { TributaryError } from '../../../core/errors.ts'
import { parseJson } from '../../../core/json/json.ts'
import type { AnswerOf } from '../../../functions/table.ts'
import { type Connection, connect } from '../client.ts'
import { conditionsOf } from '../commands/query.ts'
import { type Environment, print, printError } from '../environment.ts'
import { followStream } from './follow-stream.ts'

export type TailFlags = Connection & {
  readonly type?: string
  readonly source?: string
  readonly text?: string
  readonly verdict?: string
  readonly where?: readonly string[]
  readonly limit?: string
}

type Listed = AnswerOf<'GET /v1/events'>['events'][number]
type Told = { readonly events: readonly Listed[]; readonly leftOut: number; readonly skipped: number }

/** Receipts that are remembered, so that what was missed is told once. */
const MOST_KNOWN = 2000
const MOST_MISSED = 500
/** Characters of an event's values in a line. */
const LONGEST_VALUES = 160

/**
 * `tributary tail`: events as they come in, until Ctrl-C or so many. What came in while the connection was
 * lost is listed when it is back.
 */
export async function tail(environment: Environment, flags: TailFlags): Promise<void> {
  const client = await connect(environment, flags)
  const query = filterOf(flags)
  const enough = new AbortController()
  const known = new Set<string>()
  let left = flags.limit === undefined ? Number.POSITIVE_INFINITY : numberOf(flags.limit)
  let last: Listed | undefined

  function show(events: readonly Listed[]): void {
    for (const event of events) {
      if (left <= 0 || known.has(event.receipt)) continue
      remember(known, event.receipt)
      last = event
      print(environment, flags.json ? JSON.stringify(event) : lineOf(event))
      if (--left === 0) enough.abort()
    }
  }

  async function listMissed(): Promise<void> {
    if (last === undefined) return
    const since = [['since', last.receivedAt] as const, ['limit', String(MOST_MISSED)] as const]
    const { events, next } = await client.call('GET /v1/events', { query: [...query, ...since] })
    if (next !== null)
      printError(environment, `more than ${MOST_MISSED} events were missed; these are the newest`)
    show(events.toReversed())
  }

  await followStream(environment, client, {
    ...{ route: 'GET /v1/events/stream', request: { query }, onBack: listMissed, enough: enough.signal },
    tell: ({ name, data }) => {
      if (name !== 'events') return
      const { events, leftOut, skipped } = parseJson(data) as Told
      show(events)
      if (leftOut > 0) printError(environment, `… ${leftOut} more came faster than they are shown`)
      if (skipped > 0) printError(environment, `… ${skipped} of all types came too fast to be looked at`)
    },
  })
}

function numberOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new TributaryError('invalid_setting', `--limit "${text}" is no number of events; give one from 1 on`)
}

type Filter = readonly (readonly [
  'type' | 'source' | 'text' | 'verdict' | `where.${string}`,
  string | undefined,
])[]

function filterOf({ type, source, text, verdict, where = [] }: TailFlags): Filter {
  const named = [['type', type] as const, ['source', source] as const, ['text', text] as const]
  return [...named, ['verdict', verdict] as const, ...conditionsOf(where)]
}

function remember(known: Set<string>, receipt: string): void {
  known.add(receipt)
  if (known.size > MOST_KNOWN) known.delete(known.values().next().value!)
}

function lineOf({ receivedAt, verdict, type, id, code, detail, values }: Listed): string {
  const shown = JSON.stringify(values)
  const short = shown.length > LONGEST_VALUES ? `${shown.slice(0, LONGEST_VALUES)}…` : shown
  const why = verdict === 'rejected' ? `${code}: ${detail}` : short
  return `${receivedAt}  ${verdict.padEnd(9)}  ${type ?? '(no type)'}  ${id ?? '(no id)'}  ${why}`
}
