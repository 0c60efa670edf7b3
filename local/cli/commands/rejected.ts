import type { AnswerOf } from '../../../functions/table.ts'
import { type Connection, connect } from '../client.ts'
import { type Environment, print, printError, Unsuccessful } from '../environment.ts'

export type RejectedFlags = Connection & {
  readonly type?: string
  readonly from?: string
  readonly limit?: string
}

/** `tributary rejected list`. */
export async function listRejected(environment: Environment, flags: RejectedFlags): Promise<void> {
  const client = await connect(environment, flags)
  const { type, from, limit = '100' } = flags
  const query = [
    ['limit', limit],
    ['type', type],
    ['from', from],
  ] as const
  const page = await client.call('GET /v1/rejected', { query })
  if (flags.json) return print(environment, JSON.stringify(page))
  for (const { receivedAt, type, id, code, detail } of page.events)
    print(environment, `${receivedAt}  ${type ?? 'no type'}  ${id ?? 'no id'}  ${code}: ${detail}`)
  if (page.next !== null) print(environment, '… there are more; raise --limit or give --from')
}

/** `tributary rejected replay`: goes on until everything has been looked at. */
export async function replayRejected(environment: Environment, flags: RejectedFlags): Promise<void> {
  const client = await connect(environment, flags)
  const total = { replayed: 0, stillRejected: 0, refused: 0 }
  let after: string | null = null
  do {
    environment.signal.throwIfAborted()
    const { type, from } = flags
    const body = {
      ...(type !== undefined && { type }),
      ...(from !== undefined && { from }),
      ...(after !== null && { after }),
    }
    const outcome: AnswerOf<'POST /v1/rejected/replay'> = await client.call('POST /v1/rejected/replay', {
      body,
    })
    total.replayed += outcome.replayed
    total.stillRejected += outcome.stillRejected
    total.refused = outcome.refused
    after = outcome.refused > 0 ? null : outcome.next
  } while (after !== null)
  if (flags.json) print(environment, JSON.stringify(total))
  else print(environment, `${total.replayed} replayed, ${total.stillRejected} still rejected`)
  if (total.refused > 0) {
    printError(environment, 'the platform is catching up; replay again in a while')
    throw new Unsuccessful()
  }
}
