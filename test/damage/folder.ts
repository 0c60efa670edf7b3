import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from './process.ts'
import { eventOf, rejectedEvent, type SentEvent } from './traffic.ts'

/** A data folder as a crash left it, and what was acknowledged into it. */
export type CrashedFolder = {
  readonly data: string
  readonly events: readonly SentEvent[]
  readonly rejected: number
}

const PER_REQUEST = 40
const REJECTED = 12

/**
 * Builds a folder with real traffic: several published epochs, duplicates, rejected events, an open epoch,
 * and `kill -9` right after the last acknowledgement.
 */
export async function buildFolder(epochs = 4): Promise<CrashedFolder> {
  const data = await mkdtemp(join(tmpdir(), 'tributary-damage-'))
  const started = await start(data)
  if (!started.ready) throw new Error(`the platform did not start: ${started.said}`)
  const { platform } = started
  const events: SentEvent[] = []
  const send = async () => {
    const batch = Array.from({ length: PER_REQUEST }, (_, i) => eventOf(events.length + i))
    events.push(...batch)
    // A tenth comes twice.
    const status = await platform.send([...batch, ...batch.slice(0, PER_REQUEST / 10)])
    if (status !== 202) throw new Error(`not accepted: ${status}`)
  }
  for (let n = 0; n < REJECTED; n++) await platform.send([rejectedEvent(n)])
  for (let published = 0; published < epochs; ) {
    for (let n = 0; n < 5; n++) await send()
    await sleep(200)
    published = (await platform.get<Runs>('/v1/runs?limit=1000')).runs.reduce(
      (sum, { report }) =>
        sum + Object.values(report?.epochs ?? {}).filter(({ published: p = 0 }) => p > 0).length,
      0,
    )
  }
  for (let n = 0; n < 5; n++) await send()
  await platform.stop('SIGKILL')
  return { data, events, rejected: REJECTED }
}

type Runs = {
  readonly runs: readonly {
    readonly report?: { readonly epochs?: Readonly<Record<string, { readonly published?: number }>> }
  }[]
}
