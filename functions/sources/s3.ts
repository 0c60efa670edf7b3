import type { S3Event, S3EventRecord } from 'aws-lambda'
import { TributaryError } from '../../core/errors.ts'

/** An object that was made. */
export type CreatedObject = { readonly bucket: string; readonly key: string }

/** An S3 event that came through EventBridge: one object, its key as it is. */
export type S3BridgeEvent = {
  readonly source: 'aws.s3'
  readonly 'detail-type': string
  readonly detail: { readonly bucket: { readonly name: string }; readonly object: { readonly key: string } }
}

/** What S3 sends when a notification is set up. */
export type S3TestEvent = { readonly Event: 's3:TestEvent' }

/**
 * Reads which objects an S3 notification is about. Notifications URL-encode keys, with `+` for a space;
 * EventBridge does not. Events about anything else than a new object, and S3's test event, name none.
 *
 * @throws TributaryError `corrupt_data` where it is no S3 event
 */
export function decodeS3Event(event: S3Event | S3BridgeEvent | S3TestEvent): readonly CreatedObject[] {
  if ('Records' in event && Array.isArray(event.Records)) return event.Records.flatMap(decodeRecord)
  if ('detail' in event && event.source === 'aws.s3') return decodeBridgeEvent(event)
  if ('Event' in event && event.Event === 's3:TestEvent') return []
  throw new TributaryError(
    'corrupt_data',
    'the event is no S3 notification; point only S3 events at this function',
  )
}

function decodeRecord({ eventName, s3 }: S3EventRecord): readonly CreatedObject[] {
  if (!eventName.startsWith('ObjectCreated:')) return []
  return [{ bucket: s3.bucket.name, key: decodeURIComponent(s3.object.key.replaceAll('+', ' ')) }]
}

function decodeBridgeEvent({ 'detail-type': type, detail }: S3BridgeEvent): readonly CreatedObject[] {
  return type === 'Object Created' ? [{ bucket: detail.bucket.name, key: detail.object.key }] : []
}
