import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { FirehoseClient } from '@aws-sdk/client-firehose'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { RedshiftDataClient } from '@aws-sdk/client-redshift-data'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SFNClient } from '@aws-sdk/client-sfn'
import { clientOptions, instrumented } from './client-options.ts'

/**
 * The clients of AWS services, each made when it is first asked for and once a container. S3's is in
 * `s3-objects.ts`.
 */
export const dynamodbClient = once(() => new DynamoDBClient(clientOptions()))
export const firehoseClient = once(() => new FirehoseClient(clientOptions()))
export const kinesisClient = once(() => new KinesisClient(clientOptions()))
export const lambdaClient = once(() => new LambdaClient(clientOptions()))
export const redshiftDataClient = once(() => new RedshiftDataClient(clientOptions()))
export const secretsManagerClient = once(() => new SecretsManagerClient(clientOptions()))
export const stepFunctionsClient = once(() => new SFNClient(clientOptions()))

// So that a bundle leaves out the clients that its function does not ask for.
/* @__NO_SIDE_EFFECTS__ */
function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= instrumented(make())
    return made
  }
}
