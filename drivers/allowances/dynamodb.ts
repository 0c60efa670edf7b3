import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { Allowances } from '../../core/ports/callers/allowances.ts'
import { keyAttributes } from '../aws/dynamodb/table.ts'
import { awsError } from '../aws/errors.ts'

export type DynamodbAllowancesOptions = {
  readonly client: DynamoDBClient
  /** The control table: pk and sk texts, TTL in `expires`. */
  readonly table: string
  /** Patience with a call, ms. Default 500. */
  readonly patienceMs?: number
}

/** Beginning of the partition keys of these items, which alone a function may count in. */
export const ALLOWANCE = 'allowance#'

/**
 * What keys have used, one item a key and window, changed by one conditional write a call: exact over all
 * containers. Only keys with a limit pay for it.
 *
 * @throws (`take`) TributaryError of AWS
 */
export function createDynamodbAllowances(options: DynamodbAllowancesOptions): Allowances {
  const { client, table, patienceMs = 500 } = options
  return {
    async take(key, { of, most, windowMs }, amount, now) {
      if (amount > most) return undefined
      const start = now - (now % windowMs)
      const command = new UpdateItemCommand({
        TableName: table,
        Key: keyAttributes({ pk: `${ALLOWANCE}${of}#${key}`, sk: String(start) }),
        UpdateExpression: 'ADD taken :amount SET expires = :expires',
        ConditionExpression: 'attribute_not_exists(taken) OR taken <= :room',
        ExpressionAttributeValues: {
          ':amount': { N: String(amount) },
          ':room': { N: String(most - amount) },
          ':expires': { N: String(Math.ceil((start + 2 * windowMs) / 1000)) },
        },
        ReturnValues: 'ALL_NEW',
      })
      try {
        const { Attributes } = await client.send(command, { abortSignal: AbortSignal.timeout(patienceMs) })
        return most - Number(Attributes?.['taken']?.N ?? amount)
      } catch (error) {
        if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return undefined
        throw awsError(error, `count the ${of} of a key in table ${table}`)
      }
    },
  }
}
