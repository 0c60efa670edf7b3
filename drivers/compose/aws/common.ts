import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { horizonEpochs } from '../../../core/data/epoch.ts'
import * as clients from '../../aws/clients.ts'
import { createLazyS3Objects } from '../../objects/s3/lazy.ts'
import type { S3Objects } from '../../objects/s3/s3.ts'
import { awsSettings } from './aws-settings.ts'

/** What several engines on AWS are composed from. */

/** The settings of the function that runs. */
export const settings = awsSettings(process.env)

export const HOUR = 3_600_000

export const control = () => ({
  client: clients.dynamodbClient(),
  table: settings.need('TRIBUTARY_TABLE_CONTROL'),
  epochLength: settings.need('TRIBUTARY_EPOCH'),
})

/** Objects of the lake; S3's client is loaded with the first call. */
export function lakeObjects(): S3Objects {
  const bucket = settings.need('TRIBUTARY_LAKE')
  return createLazyS3Objects(async () => (await import('../../aws/s3-objects.ts')).s3Objects(bucket))
}

/**
 * Folders on the function's own disk, the same after a crash of the process, so that what it left can be
 * removed.
 */
export const scratch = (name: string) =>
  join(tmpdir(), `tributary-${name}-${process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? process.pid}`)

/** Epochs in which an event id is remembered. */
export function horizon(): number {
  return horizonEpochs(settings.need('TRIBUTARY_HORIZON'), settings.need('TRIBUTARY_EPOCH'))
}
