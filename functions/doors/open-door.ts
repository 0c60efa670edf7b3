import type { Pipeline } from '../../core/declare/pipeline.ts'
import type { DoorOutcome, DoorRequest } from '../../core/doors/door.ts'
import { compileMapping, type Mapping, undeclaredMapping } from '../../core/doors/mapping.ts'
import { jsonText } from '../../core/doors/read-body.ts'
import type { DoorRow } from '../../core/doors/table.ts'
import { type Translated, translate } from '../../core/doors/through-door.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Admit } from '../../steps/ingest.ts'
import type { IngestOutcome } from '../../steps/ingest-outcome.ts'
import type { Judged, Rejection } from '../../steps/judge.ts'
import { type HttpEvent, type HttpResponse, json } from '../middleware/http.ts'
import { problemResponse } from '../middleware/problem.ts'

/** Says what the items of a shape become, by the sources that a pipeline declares. */
export type Mappings = (shape: string) => Mapping

/** Compiles the sources of a pipeline. */
export function mappingsOf({ sources }: Pick<Pipeline, 'sources'>): Mappings {
  const declared = new Map(sources.map(source => [source.door as string, compileMapping(source)]))
  return shape => declared.get(shape) ?? undeclaredMapping(shape)
}

/** A request of a door as one of events. @throws as `translate` */
export function throughDoor({ door }: DoorRow, event: HttpEvent, mappings: Mappings): Translated {
  return translate(door, requestOf(event), mappings(door.shape))
}

function requestOf({ headers, body = '', rawPath, isBase64Encoded: isBase64 }: HttpEvent): DoorRequest {
  return { headers, body, isBase64, call: rawPath.slice(rawPath.lastIndexOf('/') + 1) }
}

/**
 * Puts what a door found wrong in the place of what the events' own judge says of an empty one, so that it is
 * kept with the item as it was sent.
 */
export function withRefusals({ refused }: Translated, admit: Admit | undefined): Admit | undefined {
  if (refused.size === 0) return admit
  return judged => {
    const told: Judged = { ...judged, rejections: judged.rejections.map(one => toldOf(one, refused)) }
    return admit === undefined ? told : admit(told)
  }
}

function toldOf(rejection: Rejection, refused: Translated['refused']): Rejection {
  const why = refused.get(rejection.index)
  if (why === undefined) return rejection
  const { code, detail, item } = why
  const id = typeof item.id === 'string' ? item.id : null
  return { ...rejection, id, code, detail, event: jsonText(item.value) ?? '"(nested too deeply to be kept)"' }
}

/** The answer to what was taken in, in the words of the door's client. */
export function answerOf(
  { door }: DoorRow,
  { places, sent }: Translated,
  outcome: IngestOutcome,
): HttpResponse {
  const rejected = outcome.rejected.map(one => ({ ...one, index: places[one.index] ?? one.index }))
  const told: DoorOutcome = { accepted: outcome.accepted, rejected }
  const answer = door.answer(told, sent)
  if ('body' in answer) return json(200, answer.body)
  if ('bytes' in answer) return bytesOf(answer)
  return problemResponse(new TributaryError('all_rejected', answer.refusal), told)
}

function bytesOf({ bytes, type }: { readonly bytes: Buffer; readonly type: string }): HttpResponse {
  const headers = { 'content-type': type }
  return { statusCode: 200, headers, body: bytes.toString('base64'), isBase64Encoded: true }
}
