import { type Access, isAmong, typesText, writableTypes } from '../core/access/access.ts'
import type { Judged, Rejection } from './judge.ts'

/**
 * Why an event is rejected whose sender may not send its type. Whatever else is wrong with it, this is said.
 */
export const TYPE_NOT_ALLOWED = 'type_not_allowed'

/**
 * Rejects events of types that a caller may not send. They are kept as all rejected ones are, and a replay
 * leaves them out: it has rights that their sender has not.
 */
export function limitTypes(judged: Judged, access: Access): Judged {
  const { accepted, rejections } = judged
  const types = writableTypes(access)
  if (types === 'all') return judged
  const isAllowed = ({ type }: { readonly type: string | undefined }) =>
    type === undefined || isAmong(type, types)
  const code = TYPE_NOT_ALLOWED
  const refuse = ({
    index,
    id,
    type = '',
    event,
  }: Omit<Rejection, 'code' | 'detail' | 'place'>): Rejection => {
    const detail = `key ${access.name} may not send ${type.slice(0, 100)}; it sends ${typesText(types)}`
    return { index, id, type, code, detail, place: '/type', event }
  }
  const refused = accepted
    .filter(one => !isAllowed(one))
    .map(({ index, type, json }) => refuse({ index, id: idOf(json), type, event: json }))
  const others = rejections.map(one => (isAllowed(one) ? one : refuse(one)))
  return {
    ...judged,
    accepted: accepted.filter(isAllowed),
    rejections: [...others, ...refused].sort((a, b) => a.index - b.index),
  }
}

/** Every accepted event has one. */
function idOf(json: string): string {
  return (JSON.parse(json) as { readonly id: string }).id
}
