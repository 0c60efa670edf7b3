import type { Field } from '../data/fields.ts'
import { isSameStored } from '../declare/changes/stored-type.ts'
import type { Contract } from '../declare/pipeline.ts'
import { pointerTo } from '../json/json-pointer.ts'
import type { Rejection } from './event.ts'
import { compileUnreadable, kindInWords, type Unreadable } from './unreadable.ts'

/**
 * Compiles what an older version of a contract leaves unchecked: all events of a type are read as its newest
 * version declares them, so a field that only the newest one declares, or declares as something wider, has to
 * be readable as that. Undefined where there is no such field, as for the newest version itself.
 */
export function compileUnchecked(
  older: Contract,
  newest: Contract,
): ((data: unknown) => Rejection | undefined) | undefined {
  const before = new Map(older.fields.map(field => [keyOf(field.path), field]))
  const fields = newest.fields.filter(field => !covers(before.get(keyOf(field.path)), field))
  if (fields.length === 0) return undefined
  const find = compileUnreadable(fields)
  return data => {
    const found = find(data)
    return found && rejectionOf(found, older, newest, before.get(keyOf(found.path)))
  }
}

const keyOf = (path: readonly string[]) => JSON.stringify(path)

/** Whether whatever the older field takes can be read as the newer one. */
function covers(was: Field | undefined, is: Field): boolean {
  return was !== undefined && isSameStored(was, is) && (is.nullable || !was.nullable)
}

function rejectionOf(
  { path, declared, found, isOutOfRange }: Unreadable,
  older: Contract,
  newest: Contract,
  was: Field | undefined,
): Rejection {
  const before = was === undefined ? 'does not declare it' : `declares it as ${kindInWords(was)}`
  const size = isOutOfRange ? ' that is too large' : ''
  return {
    code: isOutOfRange ? 'out_of_range' : 'schema_violation',
    detail:
      `/data/${path.join('/')} is ${found}${size}: version ${older.version} of ${newest.type} ${before}, ` +
      `version ${newest.version} declares it as ${declared}, and all events are read as that; ` +
      'send such a value, or leave the field out',
    place: pointerTo(['data', ...path]),
  }
}
