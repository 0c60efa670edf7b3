import middy from '@middy/core'
import type { S3Event } from 'aws-lambda'
import { TributaryError } from '../../core/errors.ts'
import { isArrival } from '../../core/lake/lake-paths.ts'
import type { DeliverRaw, DeliverRawOutcome } from '../../steps/deliver-raw.ts'
import { decodeS3Event, type S3BridgeEvent, type S3TestEvent } from './s3.ts'

export type DeliverRawDeps = {
  readonly deliverRaw: DeliverRaw
  /** Bucket of the lake: events of any other are refused. */
  readonly bucket: string
  /** Told what each event came to. */
  readonly report: (outcome: DeliverRawOutcome) => void
}

/**
 * S3 notification of new arrivals → raw lake. A failure has Lambda call again with the same event, which is
 * harmless. Other objects are passed over: were the function told of what it writes itself, it would go round
 * for ever.
 */
export function createHandler({ deliverRaw, bucket, report }: DeliverRawDeps) {
  return middy<S3Event | S3BridgeEvent | S3TestEvent, DeliverRawOutcome>().handler(async event => {
    const objects = decodeS3Event(event)
    if (objects.some(object => object.bucket !== bucket))
      throw new TributaryError('corrupt_data', `the event is about another bucket than ${bucket}`)
    const outcome = await deliverRaw(objects.map(object => object.key).filter(isArrival))
    report(outcome)
    return outcome
  })
}
