import type * as Type from 'typebox'
import type { Access } from '../../core/access/access.ts'
import { hiddenFields } from '../../core/access/event-access.ts'
import type { ListedEvent as Schema } from '../../core/api/event-schemas.ts'
import { formatInstant } from '../../core/data/time.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { receivedAt } from '../../core/event/receipt.ts'
import type { ReceivedEvent } from '../../core/event/record.ts'
import type { RejectedEvent } from '../../core/ports/rejected.ts'
import type { Listed } from '../../steps/events/list-events.ts'
import { valuesOf } from './journey.ts'

export type ShownListed = Type.Static<typeof Schema>

/** An event of a list as its caller may see it. */
export function shownListed(pipeline: Pick<Pipeline, 'latest'>, one: Listed, access: Access): ShownListed {
  return one.kind === 'rejected'
    ? shownRejected(one.rejection)
    : shownReceived(pipeline, one.event, one.isCounted, access)
}

function shownReceived(
  { latest }: Pick<Pipeline, 'latest'>,
  event: ReceivedEvent,
  isCounted: boolean | undefined,
  access: Access,
): ShownListed {
  const contract = latest.get(event.type)!
  const hidden = hiddenFields(access, contract)
  return {
    verdict: isCounted === false ? 'duplicate' : 'accepted',
    ...{ receipt: event.tbreceipt, receivedAt: formatInstant(receivedAt(event.tbreceipt)) },
    ...{ type: event.type, id: event.id, source: event.source, time: formatInstant(event.tbtime) },
    ...{ isSettled: isCounted !== undefined, values: valuesOf(contract, event.data, hidden) },
    masked: contract.fields.filter(({ name }) => hidden.has(name)).map(({ name }) => name),
  }
}

/** Only admins are shown any. */
function shownRejected({
  receipt,
  receivedAt: at,
  type,
  id,
  code,
  detail,
  event,
}: RejectedEvent): ShownListed {
  const sent = attributesOf(event)
  return {
    ...{ verdict: 'rejected', receipt, receivedAt: formatInstant(at), type: type ?? null, id: id ?? null },
    ...{ source: textOf(sent['source']), time: null, isSettled: true, code, detail, masked: [] },
    values: typeof sent['data'] === 'object' && sent['data'] !== null ? { ...sent['data'] } : {},
  }
}

function attributesOf(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
