import { attribute, LAKE_BUCKET, lakeObjects, type Value } from './cloudformation.ts'

/** One statement that allows; `Allow` is all this project writes in roles. */
export type Statement = {
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: Value
  readonly Condition?: Value
}

export function allow(actions: readonly string[], resource: Value, condition?: Value): Statement {
  const Action = [...actions].sort()
  return condition === undefined
    ? { Effect: 'Allow', Action, Resource: resource }
    : { Effect: 'Allow', Action, Resource: resource, Condition: condition }
}

export type Table = 'RealTimeTable' | 'BatchTable' | 'MarkersTable' | 'ControlTable'

/** Reads items of tables by key. Never a scan: no question of this project needs one. */
export function readTables(...tables: readonly Table[]): Statement {
  return allow(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'], tables.map(arnOf))
}

export function changeTables(...tables: readonly Table[]): Statement {
  const actions = ['BatchGetItem', 'BatchWriteItem', 'ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem']
  return allow(
    [...actions, 'Query', 'UpdateItem'].map(action => `dynamodb:${action}`),
    tables.map(arnOf),
  )
}

/** Conditional writes by PartiQL, of which one call takes 25. */
export function writeStatements(table: Table): Statement {
  return allow(['dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'], arnOf(table))
}

/** Reads objects of the lake under prefixes, and lists the bucket. */
export function readLake(...prefixes: readonly string[]): readonly Statement[] {
  return [allow(['s3:GetObject'], prefixes.map(lakeObjects)), LIST_LAKE]
}

/** Reads, writes and removes objects of the lake under prefixes. */
export function changeLake(...prefixes: readonly string[]): readonly Statement[] {
  const actions = ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject']
  return [allow(actions, prefixes.map(lakeObjects)), LIST_LAKE]
}

/**
 * Without it, and with a condition on the prefix too, S3 answers 403 in place of 404 for an object that is
 * not there.
 */
const LIST_LAKE = allow(['s3:ListBucket'], LAKE_BUCKET)

/** A statement that is given twice is written once. */
export function unique(statements: readonly Value[]): readonly Value[] {
  return [...new Map(statements.map(statement => [JSON.stringify(statement), statement])).values()]
}

/**
 * Uses the platform's key through the services that hold encrypted data: DynamoDB, Kinesis, S3, Secrets
 * Manager, SQS.
 */
export const USE_KEY = allow(['kms:Decrypt', 'kms:GenerateDataKey'], attribute('DataKey', 'Arn'))

function arnOf(table: Table): Value {
  return attribute(table, 'Arn')
}
