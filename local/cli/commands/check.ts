import { isObject } from '../../../core/json/is-object.ts'
import type { AnswerOf } from '../../../functions/table.ts'
import { openInput, readEvents } from '../batches.ts'
import { type Client, type Connection, connect, refusalOf } from '../client.ts'
import { type Environment, print, Unsuccessful } from '../environment.ts'

type Verdict = AnswerOf<'POST /v1/events/check'>['verdicts'][number]

/** As many as the platform checks in one request, and characters of them that one takes for certain. */
const MOST_EVENTS = 100
const MOST_CHARACTERS = 3_000_000
/** Rejections that are shown one by one. */
const MOST_SHOWN = 20

/** `tributary send --check [file]`: what sending these events would come to; nothing is stored. */
export async function checkEvents(
  environment: Environment,
  file: string | undefined,
  { json = false, ...connection }: Connection,
): Promise<void> {
  const client = await connect(environment, connection)
  const tally = { accepted: 0, rejected: 0 }
  let before = 0
  for await (const events of groups(readEvents(openInput(file, environment.input)))) {
    for (const verdict of await verdictsOf(client, events)) {
      const numbered = { ...verdict, index: verdict.index + before }
      tally[verdict.verdict]++
      if (json) print(environment, JSON.stringify(numbered))
      else if (verdict.verdict === 'rejected' && tally.rejected <= MOST_SHOWN) show(environment, numbered)
    }
    before += events.length
  }
  if (!json)
    print(environment, `${tally.accepted} would be accepted, ${tally.rejected} rejected; none was sent`)
  if (tally.rejected > 0) throw new Unsuccessful()
}

async function* groups(events: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let group: string[] = []
  let size = 0
  for await (const event of events) {
    if (group.length === MOST_EVENTS || (group.length > 0 && size + event.length > MOST_CHARACTERS)) {
      yield group
      group = []
      size = 0
    }
    group.push(event)
    size += event.length
  }
  if (group.length > 0) yield group
}

async function verdictsOf(client: Client, events: readonly string[]): Promise<readonly Verdict[]> {
  const headers = { 'content-type': 'application/cloudevents-batch+json' }
  const answer = await client.send('POST', '/v1/events/check', { body: `[${events.join(',')}]`, headers })
  if (answer.status !== 200 || !isObject(answer.body)) throw refusalOf(answer)
  return (answer.body as AnswerOf<'POST /v1/events/check'>).verdicts
}

function show(environment: Environment, verdict: Verdict): void {
  if (verdict.verdict === 'accepted') return
  const { index, id, code, detail, remedy } = verdict
  print(environment, `event ${index + 1} (id ${id ?? 'unknown'}): ${code}: ${detail}`)
  print(environment, `  ${remedy}`)
}
