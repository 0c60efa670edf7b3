import type { Sent } from '../language/answers.ts'
import type { WholePlatform } from '../language/whole-platform.ts'
import type { HostileEvent } from './events.ts'

/** What became of hostile events: those accepted, and answers that no sender should get. */
export type Outcome = { readonly accepted: readonly Sent[]; readonly odd: readonly string[] }

/** Requests under way at a time. */
const LANES = 3
/** Events of one batch, and most characters of it. */
const BATCH = 20
const BATCH_CHARACTERS = 4_000_000

/** Sends each, alone or with others in a batch, in order as far as requests go. */
export async function sendHostile(
  platform: WholePlatform,
  events: readonly HostileEvent[],
): Promise<Outcome> {
  const accepted: Sent[] = []
  const odd: string[] = []
  const waiting = batchesOf(events)
  const lane = async () => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift())
      await sendOne(platform, batch, accepted, odd)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return { accepted, odd }
}

function batchesOf(events: readonly HostileEvent[]): HostileEvent[][] {
  const batches: HostileEvent[][] = []
  let open: HostileEvent[] = []
  let characters = 0
  const close = () => {
    if (open.length > 0) batches.push(open)
    open = []
    characters = 0
  }
  for (const event of events) {
    if (event.isAlone) {
      batches.push([event])
      continue
    }
    if (open.length >= BATCH || characters + event.text.length > BATCH_CHARACTERS) close()
    open.push(event)
    characters += event.text.length
  }
  close()
  return batches
}

async function sendOne(
  platform: WholePlatform,
  batch: readonly HostileEvent[],
  accepted: Sent[],
  odd: string[],
): Promise<void> {
  const texts = batch.map(({ text }) => text)
  const [body, type] =
    batch.length === 1
      ? [texts[0]!, 'application/cloudevents+json']
      : [`[${texts.join(',')}]`, 'application/cloudevents-batch+json']
  const { status, answer } = await platform.send(body, type)
  const { rejected, retry } = answer as {
    rejected?: readonly { index: number; code: string }[]
    retry?: unknown
  }
  if (status === 503 && retry !== undefined) return sendOne(platform, batch, accepted, odd)
  if ((status !== 202 && status !== 422) || rejected === undefined) {
    odd.push(`${status} ${JSON.stringify(answer).slice(0, 300)} of ${body.slice(0, 300)}`)
    return
  }
  const refused = new Set(rejected.map(({ index }) => index))
  for (const [i, text] of texts.entries()) if (!refused.has(i)) accepted.push(JSON.parse(text) as Sent)
}
