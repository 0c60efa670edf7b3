import type { Allowances } from '../../../core/ports/allowances.ts'
import { awsSettings } from './aws-settings.ts'

/**
 * What keys have used, on AWS. Its client is loaded with the first call of a key that has a limit: every
 * function behind a route has this, and few need it.
 */
export function allowances(): Allowances {
  let loading: Promise<Allowances> | undefined
  const load = async () => {
    const [{ createDynamodbAllowances }, clients] = await Promise.all([
      import('../../allowances/dynamodb.ts'),
      import('../../aws/clients.ts'),
    ])
    const table = awsSettings(process.env).need('TRIBUTARY_TABLE_CONTROL')
    return createDynamodbAllowances({ client: clients.dynamodbClient(), table })
  }
  return {
    async take(...asked) {
      loading ??= load()
      return (await loading).take(...asked)
    },
  }
}
