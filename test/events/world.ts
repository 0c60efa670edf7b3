import type { AnswerOf } from '../../functions/table.ts'
import { startWorld } from '../console/world.ts'

/** A platform with keys of every kind, as tests of single events ask it. */
export async function startEventsWorld(epoch = '2s') {
  const keys = {
    ...{ admin: 'admin-key', read: 'read-key', write: 'write-key' },
    'of-rows': { secret: 'rows-key', scope: 'read', where: { origin: ['LAS'] } },
    'of-types': { secret: 'types-key', scope: 'read:com.tributary.trip' },
  }
  const world = await startWorld(JSON.stringify(keys), epoch)
  const ask = async (path: string, key = 'admin-key') => {
    const answer = await fetch(world.url + path, { headers: { authorization: `Bearer ${key}` } })
    return { status: answer.status, body: (await answer.json()) as Record<string, never> }
  }
  return { ...world, ask }
}

export type EventsWorld = Awaited<ReturnType<typeof startEventsWorld>>

/** A flight as its contract wants it. */
export function flight(id: string, more: object = {}, data: object = {}) {
  return {
    ...{ specversion: '1.0', id, source: '/events', type: 'com.tributary.flight' },
    ...{ time: '2026-03-01T12:00:00Z', ...more },
    data: { origin: 'LAS', destination: 'PHL', distance: 2176, delay: 33, ...data },
  }
}

export type Listed = AnswerOf<'GET /v1/events'>

/** Each event of a list by its id and its outcome. */
export const namesOf = ({ events }: Pick<Listed, 'events'>) =>
  events.map(({ id, verdict }) => `${id} ${verdict}`)

/** A listener, and what it was told so far; the platform ends it. */
export function watchEvents(url: string, query: string, key = 'admin-key') {
  const told: string[] = []
  let open = (): void => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  const read = async () => {
    const answer = await fetch(`${url}/v1/events/stream?${query}`, {
      headers: { authorization: `Bearer ${key}` },
    })
    let text = ''
    for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
      open()
      text += part
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks)
        if (block.startsWith('event: events'))
          told.push(...namesOf(JSON.parse(block.slice(block.indexOf('data: ') + 6)) as Listed))
    }
  }
  void read()
  return { opened, told: () => [...told] }
}
