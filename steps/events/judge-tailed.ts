import { markerKey, recordKey } from '../../core/event/event.ts'
import { type ReceivedEvent, readReceived } from '../../core/event/record.ts'
import type { Listed } from './list-events.ts'
import type { TailedRecord, TailPorts } from './tail.ts'
import type { TailListener } from './tail-listener.ts'

type Placed = {
  readonly event: ReceivedEvent
  readonly sequence: number
  readonly index: number
  readonly key: string
}

/** Events of records that somebody wants, with whether each counts, as the speed layer has judged it. */
export async function judgeTailed(
  { pipeline, claimsOf, span }: Pick<TailPorts, 'pipeline' | 'claimsOf' | 'span'>,
  records: readonly TailedRecord[],
  listeners: readonly Pick<TailListener, 'isWanted'>[],
): Promise<readonly Listed[]> {
  const isOfRecord = (type: string) => pipeline.latest.get(type)?.dedupe === 'record'
  const placed = records.flatMap(record => placedIn(record, isOfRecord(record.type)))
  const wanted = placed.filter(({ event }) =>
    // Whatever its verdict will be: nobody wants only what cannot be told yet.
    listeners.some(({ isWanted }) =>
      VERDICTS.some(isCounted => isWanted({ kind: 'received', event, isCounted })),
    ),
  )
  if (wanted.length === 0) return []
  const claims = await claimsOf(wanted.map(({ key }) => key))
  return wanted.map(({ event, sequence, index }, i): Listed => {
    const own = claims[i]!.filter(({ epoch }) => Math.abs(epoch - event.tbepoch) <= span)
    const isFirst = own.some(claim => claim.sequence === sequence && claim.index === index)
    return { kind: 'received', event, isCounted: isFirst ? true : own.length > 0 ? false : undefined }
  })
}

const VERDICTS = [true, false, undefined] as const

/** A contract by whose word records are remembered has one marker for all events of a record. */
function placedIn({ sequence, lines }: TailedRecord, isOfRecord: boolean): readonly Placed[] {
  const events = lines()
    .split('\n')
    .flatMap((line, index) => {
      const event = line === '' ? undefined : readReceived(line)
      return event === undefined ? [] : [{ event, index }]
    })
  const keys = events.map(({ event }) => markerKey(event))
  const whole = isOfRecord ? recordKey(keys) : undefined
  return events.map(({ event, index }, i) => ({
    ...{ event, sequence, key: whole ?? keys[i]!, index: isOfRecord ? 0 : index },
  }))
}
