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
