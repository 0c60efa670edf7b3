import { isObject } from '../json/is-object.ts'
import type { Door, DoorOutcome, DoorRequest, Item } from './door.ts'
import { jsonText, readBody } from './read-body.ts'

/** Largest event of Segment's API, bytes of its JSON text; its clients send none that is larger. */
export const LARGEST_ITEM = 32 * 1024

/**
 * Segment's tracking API, as its SDKs and those of others after its model speak it: `{"batch":[…]}`, or one
 * event whose call is the last part of the path, which pages shorten to a letter.
 */
export const segment: Door = {
  shape: 'segment',
  client: 'segment',
  read: readSegment,
  // Never anything but 200: some clients drop a whole batch for another answer, or end their application.
  answer: ({ accepted, rejected }) => ({ body: { success: true, accepted, rejected } }),
}

/** The same with Jitsu's answer: it sends one event at a time, and prints what it is refused with. */
export const jitsu: Door = { ...segment, client: 'jitsu', answer: answerJitsu }

function answerJitsu({ accepted, rejected }: DoorOutcome) {
  const [first] = rejected
  if (first === undefined || accepted > 0) return { body: { ok: true, accepted, rejected } }
  return { refusal: `the event was rejected by ${first.code}, and is kept: ${first.detail}` }
}

const CALLS: Readonly<Record<string, string>> = {
  ...{ t: 'track', i: 'identify', p: 'page', g: 'group', s: 'screen', a: 'alias', b: 'batch' },
}

function readSegment({ call, ...request }: DoorRequest): readonly Item[] {
  const body = readBody(request)
  const name = Object.hasOwn(CALLS, call) ? CALLS[call]! : call
  const batch = isObject(body) ? body['batch'] : undefined
  if (Array.isArray(batch)) return batch.map((one: unknown) => itemOf(one))
  return [itemOf(isObject(body) && body['type'] === undefined ? { ...body, type: name } : body)]
}

function itemOf(value: unknown): Item {
  if (!isObject(value)) return refused(value, 'not_an_event', NO_OBJECT)
  // Three bytes of UTF-8 a character at most, so that only long texts are measured.
  const text = jsonText(value)
  if (text === undefined) return refused(value, 'too_deep', 'it is nested too deep')
  if (text.length > LARGEST_ITEM / 3 && Buffer.byteLength(text) > LARGEST_ITEM)
    return refused(value, 'too_large', `an event is limited to ${LARGEST_ITEM} bytes here; send less in it`)
  const { messageId, timestamp, originalTimestamp, sentAt } = value
  return { value, id: messageId, time: timestamp ?? originalTimestamp ?? sentAt }
}

const NO_OBJECT = 'an event is a JSON object with type, messageId and timestamp; leave others out of "batch"'

function refused(value: unknown, code: string, detail: string): Item {
  return { value, ...(isObject(value) && { id: value['messageId'] }), refused: { code, detail } }
}
