import { MAX_EVENT_SIZE } from '../event/event.ts'

/**
 * What `format` may name, each with the most characters its texts have. The limits bound what judging a text
 * costs; no real value comes near them.
 */
export const FORMATS: Readonly<Record<string, number>> = {
  'date-time': 64,
  date: 10,
  time: 64,
  duration: 64,
  email: 320,
  hostname: 255,
  ipv4: 15,
  ipv6: 45,
  uuid: 45,
  uri: 8192,
  'uri-reference': 8192,
  'uri-template': 8192,
  url: 8192,
  'json-pointer': 8192,
  'relative-json-pointer': 8192,
}

/** The most characters a text can have at all: an event is not larger. */
export const LONGEST_TEXT = MAX_EVENT_SIZE

/** The most items a list can have at all: each takes two characters of its event. */
export const MOST_ITEMS = MAX_EVENT_SIZE / 2
