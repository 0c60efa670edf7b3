import { MessageChannel } from 'node:worker_threads'
import type { IntakeOffers } from '../../../local/batch/batch-thread.ts'
import type { StreamOffers } from '../../../local/stream/stream-thread.ts'
import { type Caller, serve } from '../../../local/threads/rpc.ts'

/** Never run: that it compiles, each expected error at its line, is what is tested (`npm run check`). */
export async function offersAreTyped(stream: Caller<StreamOffers>, intake: Caller<IntakeOffers>) {
  const { speed } = await stream('status', [], { timeoutMs: 2000 })
  const counted: number = speed.counted
  // @ts-expect-error no offer of the stream thread has this name
  await stream('state', [])
  // @ts-expect-error a query is an object, not a text
  await stream('query', ['flights_daily'])
  // @ts-expect-error an answer has the type of the offer's
  const wrong: string = await stream('pause', [])
  // @ts-expect-error the thread that takes events in offers no query
  await intake('query', [])
  // @ts-expect-error a thread must serve all that it offers
  serve<IntakeOffers>(new MessageChannel().port1, { ingest: async () => ({}) })
  return [counted, wrong]
}
