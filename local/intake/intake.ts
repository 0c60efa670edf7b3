import type { EventsRequest } from '../../core/event/cloudevents-http.ts'
import { type Intake, intakeOf } from '../../functions/ingest.ts'
import type { Ingest, Store } from '../../steps/ingest.ts'
import type { Judging } from './judging.ts'

/**
 * Characters of a body from which on it is judged in a thread of its own: the most expensive text below it
 * takes some 50 ms, and a batch of a thousand ordinary events is smaller.
 */
export const LARGE_BODY = 256 * 1024

/**
 * Takes requests in. Small ones are judged where they come in, which costs least; large ones beside it, so
 * that whoever else asks is answered meanwhile (docs/decisions/0026-cost-of-a-request.md).
 */
export function createIntake(ingest: Ingest, judging: Pick<Judging, 'judge'>, store: Store): Intake {
  const small = intakeOf(ingest)
  return async (request, sender, admit) => {
    if (request.body.length < LARGE_BODY) return small(request, sender, admit)
    const judged = await judging.judge(plain(request), sender)
    return store(admit === undefined ? judged : await admit(judged), sender.from)
  }
}

/** What can be handed to a thread, and is needed there. */
export function plain({ headers, body }: EventsRequest): EventsRequest {
  const names = Object.keys(headers).filter(name => name === 'content-type' || name.startsWith('ce-'))
  return { headers: Object.fromEntries(names.map(name => [name, headers[name]])), body }
}
