import type { Access } from '../core/access/access.ts'
import type { Contract, Pipeline } from '../core/declare/pipeline.ts'
import { TributaryError } from '../core/errors.ts'
import { namedVersion } from '../core/event/accept.ts'
import type { EventsRequest } from '../core/event/cloudevents-http.ts'
import type { CloudEvent } from '../core/event/event.ts'
import { type Partitions, partitionOf } from '../core/event/partition.ts'
import type { Accepted } from '../core/event/record.ts'
import { rejectionRemedy } from '../core/event/remedies.ts'
import { undeclaredIn } from '../core/event/undeclared.ts'
import type { Judged, Rejection } from './judge.ts'
import { limitTypes } from './limit-types.ts'

export type CheckPorts = {
  readonly pipeline: Pick<Pipeline, 'contracts' | 'latest'>
  /**
   * Judges a request as ingest does, by an acceptor that nothing else uses: one remembers which undeclared
   * fields it has told of.
   */
  readonly judge: (request: EventsRequest, sender: Sender) => Judged | Promise<Judged>
  /** What events are spread over now. */
  readonly partitions: () => Promise<Partitions>
}

/** Who asks: what a large request is counted with where many wait. */
type Sender = { readonly key: string; readonly address: string }

type Common = {
  /** Position in the request. */
  readonly index: number
  readonly id: string | null
  readonly type: string | null
}

/** What sending an event would come to. */
export type Verdict = Common &
  (
    | {
        readonly verdict: 'accepted'
        /** Version of the contract it was judged by. */
        readonly version: number
        /** The partition it would be in. */
        readonly partition: number
        /** Whether a number in it has more decimal places than its contract keeps. */
        readonly rounded: boolean
        /** Fields of its data that the contract does not name, dotted. */
        readonly undeclared: readonly string[]
        /** The event as it would be stored, before it gets a receipt. */
        readonly event: Readonly<Record<string, unknown>>
      }
    | {
        readonly verdict: 'rejected'
        readonly code: string
        readonly detail: string
        /** JSON pointer into the event; empty: the event as a whole. */
        readonly place: string
        readonly remedy: string
      }
  )

/**
 * Says of each event of a request what sending it would come to, and stores, counts and remembers nothing.
 *
 * @throws TributaryError as reading the request does; `too_large` over 100 events
 */
export type CheckEvents = (
  request: EventsRequest,
  sender: Sender,
  access: Access,
) => Promise<readonly Verdict[]>

/** Each is answered whole, with the event. */
const MOST_EVENTS = 100

/** Builds the check of events: ingest's own judgement, without what follows it. */
export function createCheckEvents({ pipeline, judge, partitions }: CheckPorts): CheckEvents {
  return async (request, sender, access) => {
    const judged = await judge(request, sender)
    refuseMany(judged)
    const { accepted, rejections } = limitTypes(judged, access)
    const spread = accepted.length === 0 ? undefined : await partitions()
    const verdicts = [
      ...accepted.map(one => acceptedVerdict(one, pipeline, spread!)),
      ...rejections.map(rejectedVerdict),
    ]
    return verdicts.sort((a, b) => a.index - b.index)
  }
}

function refuseMany({ accepted, rejections }: Judged): void {
  const events = accepted.length + rejections.length
  if (events <= MOST_EVENTS) return
  throw new TributaryError('too_large', `${events} events are too many to check at once; give ${MOST_EVENTS}`)
}

function acceptedVerdict(
  { index, type, hash, json, isRounded = false }: Accepted,
  pipeline: CheckPorts['pipeline'],
  partitions: Partitions,
): Verdict {
  const event = JSON.parse(json) as CloudEvent
  const contract = contractOf(event, pipeline)
  return {
    ...{ index, id: event.id, type, verdict: 'accepted', version: contract.version },
    partition: partitionOf(hash, partitions),
    rounded: isRounded,
    // By the newest version, as ingest tells of them: all events are read as that.
    undeclared: undeclaredIn(pipeline.latest.get(type)!, event.data as object),
    event,
  }
}

function contractOf(
  { type, dataschema }: CloudEvent,
  { contracts, latest }: CheckPorts['pipeline'],
): Contract {
  if (dataschema == null) return latest.get(type)!
  return contracts.find(one => one.type === type && String(one.version) === namedVersion(dataschema))!
}

function rejectedVerdict({ index, id, type, code, detail, place = '' }: Rejection): Verdict {
  return {
    ...{ index, id, type: type ?? null },
    ...{ verdict: 'rejected', code, detail, place, remedy: rejectionRemedy(code) },
  }
}
