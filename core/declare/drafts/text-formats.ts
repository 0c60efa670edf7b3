import { createEventTimeReader } from '../../data/event-time.ts'

const timeOf = createEventTimeReader()

const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?'
const EMAIL = new RegExp(`^[a-z0-9_%+-]+(?:\\.[a-z0-9_%+-]+)*@(?:${LABEL}\\.)+${LABEL}$`, 'i')
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/
const ADDRESS = /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?(?:\/[\w.~%/-]*)?(?:\?[\w.~=&-]*)?$/i

/** Each recognises less than ingest takes under the name, never more: what is inferred fits what it is of. */
const TESTS: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': text => text.length <= 64 && timeOf(text) !== undefined,
  date: isDate,
  email: text => text.length <= 254 && EMAIL.test(text),
  uuid: text => UUID.test(text),
  ipv4: text => IPV4.test(text),
  uri: text => text.length <= 2000 && !text.includes('%') && ADDRESS.test(text) && URL.canParse(text),
}

/** Formats of JSON Schema that a text has, among those that are worth declaring. */
export function formatsOf(text: string): ReadonlySet<string> {
  const names = Object.entries(TESTS).filter(([, test]) => test(text))
  return new Set(names.map(([name]) => name))
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const ms = Date.parse(`${text}T00:00:00Z`)
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text)
}
