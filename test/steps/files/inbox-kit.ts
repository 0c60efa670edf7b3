import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compileAcceptor } from '../../../core/event/accept.ts'
import { readRecord } from '../../../core/event/record.ts'
import type { RejectedEvent } from '../../../core/ports/rejected.ts'
import type { PutOutcome, StreamRecord } from '../../../core/ports/stream/stream.ts'
import { openFolderInbox } from '../../../drivers/inbox/folder.ts'
import { createAjvValidators } from '../../../drivers/validators/ajv.ts'
import { createIngest } from '../../../steps/ingest.ts'
import { flight, pipeline } from '../../local/test-platform.ts'

const MINUTE = 60_000

/** An inbox in a folder, and ingest over a stream that keeps what it is given. */
export async function createInboxWorld() {
  const lake = await mkdtemp(join(tmpdir(), 'tributary-file-ingest-'))
  const inbox = await openFolderInbox(lake)
  const records: StreamRecord[] = []
  const rejected: RejectedEvent[] = []
  /** Outcomes of the next records; `stored` when there are none. */
  const refusals: PutOutcome[] = []
  const pauses: number[] = []
  const ingest = createIngest({
    accept: compileAcceptor(pipeline, createAjvValidators()),
    stream: {
      put: async batch =>
        batch.map(record => {
          const outcome = refusals.shift() ?? { kind: 'stored' as const }
          if (outcome.kind === 'stored') records.push(record)
          return outcome
        }),
    },
    rejected: { put: async events => void rejected.push(...events) },
    now: () => world.clock,
    epochLength: 60 * MINUTE,
    partitionsAt: () => ({ first: 0, count: 10 }),
    process: 'test00',
  })
  const world = {
    inbox,
    ingest,
    rejected,
    refusals,
    pauses,
    /** Two minutes after the files were put there. */
    clock: Date.now() + 2 * MINUTE,
    now: () => world.clock,
    pause: async (ms: number) => void pauses.push(ms),
    put: async (name: string, content: string | Uint8Array) => {
      const path = join(lake, 'inbox', name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content)
    },
    touch: (name: string, at: number) => utimes(join(lake, 'inbox', name), at / 1000, at / 1000),
    get: (path: string) => readFile(join(lake, path), 'utf8').catch(() => undefined),
    ids: () => records.flatMap(record => readRecord(record.data)).map(event => event.id),
    day: () => new Date(world.clock).toISOString().slice(0, 10),
    dispose: () => rm(lake, { recursive: true, force: true }),
  }
  return world
}

export type InboxWorld = Awaited<ReturnType<typeof createInboxWorld>>

/** Lines of flights with these ids. */
export function flights(...ids: readonly string[]): string {
  return ids.map(id => `${JSON.stringify(flight(id))}\n`).join('')
}

export const REFUSED: PutOutcome = { kind: 'refused', reason: 'full', retryAfterSeconds: 2 }
