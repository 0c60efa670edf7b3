import process from 'node:process'
import { TributaryError } from '../../../core/errors.ts'
import type { TimeLeft } from '../../aws/retry.ts'
import { createGlueCall } from '../../catalog/glue/calls.ts'
import { type Catalog, createGlueCatalog } from '../../catalog/glue/catalog.ts'
import type { AwsSettings } from './aws-settings.ts'

/** The catalog that Athena reads, with the credentials and the region that Lambda gives a function. */
export function glueCatalog(settings: AwsSettings, timeLeft: TimeLeft): Catalog {
  const given = (name: string): string => {
    const value = process.env[name]
    if (value !== undefined) return value
    throw new TributaryError('invalid_setting', `${name} is not set; Lambda sets it`)
  }
  const sessionToken = process.env['AWS_SESSION_TOKEN']
  const call = createGlueCall({
    region: given('AWS_REGION'),
    endpoint: process.env['AWS_ENDPOINT_URL_GLUE'] ?? process.env['AWS_ENDPOINT_URL'],
    credentials: {
      accessKeyId: given('AWS_ACCESS_KEY_ID'),
      secretAccessKey: given('AWS_SECRET_ACCESS_KEY'),
      ...(sessionToken !== undefined && { sessionToken }),
    },
    timeLeft,
  })
  return createGlueCatalog({ call, database: settings.need('TRIBUTARY_CATALOG') })
}
