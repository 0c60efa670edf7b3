import type { Allowances } from '../../../core/ports/callers/allowances.ts'
import { createDynamodbAllowances } from '../../allowances/dynamodb.ts'
import { dynamodbClient } from '../../aws/clients.ts'
import { settings } from './common.ts'

/** What keys have used, in the control table. Loaded when it is first needed: see `allowances`. */
export function dynamodbAllowances(): Allowances {
  return createDynamodbAllowances({
    client: dynamodbClient(),
    table: settings.need('TRIBUTARY_TABLE_CONTROL'),
  })
}
