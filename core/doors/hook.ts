import { hash } from 'node:crypto'
import type { Source } from '../declare/sources/resolve-source.ts'
import { compileValue } from './convert.ts'
import type { Door, Item } from './door.ts'
import { readBody } from './read-body.ts'

/** What a call of a webhook carries that no event may keep. */
const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])

/**
 * The door of a source of webhooks: a call is one item, `{ headers, body }`. Its id is where the source says,
 * else a digest of the body, so that a call that is repeated counts once; its time is where the source says,
 * else when the call came.
 */
export function hookDoor({ id, time, signature }: Source, now: string): Door {
  const idOf = compileValue(id ?? { value: null })
  const timeOf = compileValue(time ?? { value: null })
  return {
    shape: 'hook',
    client: 'hook',
    read(request) {
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(
          ([name]) => !SECRET_HEADERS.has(name) && name !== signature?.header,
        ),
      )
      const value = { headers, body: readBody(request) }
      const own = idOf(value) ?? hash('sha256', request.body, 'hex')
      const item: Item = {
        value,
        id: typeof own === 'number' ? String(own) : own,
        time: timeOf(value) ?? now,
      }
      return [item]
    },
    // A sender would send again what is refused, which helps no event that breaks its contract.
    answer: ({ accepted, rejected }) => ({ body: { accepted, rejected } }),
  }
}
