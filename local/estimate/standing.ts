import { METRICS } from '../../functions/observability/telemetry.ts'
import { type Bill, billOf, type Charge } from './lines.ts'
import type { Prices } from './prices.ts'
import type { Stack } from './stack.ts'

const HOURS_OF_MONTH = 720
/** Metrics that the HTTP API has for a route: requests, two kinds of errors, two latencies, bytes. */
const METRICS_OF_ROUTE = 6
/** A key of KMS is asked for again every five minutes by whatever uses it. */
const KEY_REQUESTS_OF_MONTH = 12 * HOURS_OF_MONTH
/** Callers' keys are read again every minute while there are calls. */
const SECRET_READS_OF_MONTH = 60 * HOURS_OF_MONTH

/** Types of resources that ask KMS by themselves, whether or not there is traffic. */
const ENCRYPTED = [
  ...['AWS::Kinesis::Stream', 'AWS::KinesisFirehose::DeliveryStream', 'AWS::DynamoDB::Table'],
  ...['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::Logs::LogGroup'],
] as const

/**
 * What a stack costs a month that nobody sends to: metrics are billed only in hours in which something is
 * measured, and are counted as if that were all of them.
 */
export function standing(stack: Stack, prices: Prices): Bill {
  return billOf(standingCharges(stack, prices))
}

function standingCharges(stack: Stack, prices: Prices): readonly Charge[] {
  const { count, settings } = stack
  const routeMetrics = stack.hasRouteMetrics ? count('AWS::ApiGatewayV2::Route') * METRICS_OF_ROUTE : 0
  const encrypted = ENCRYPTED.reduce((all, type) => all + count(type), 0)
  // Redshift keeps the administrator's password in a secret that it makes itself.
  const secrets = count('AWS::SecretsManager::Secret') + (settings.warehouse ? 1 : 0)
  const streamHours = count('AWS::Kinesis::Stream') * HOURS_OF_MONTH
  return [
    ['stream', 'Kinesis streams', streamHours, 'hours', prices.kinesisStreamHour],
    ['watch', 'alarms, by the metrics they look at', stack.alarmMetrics, 'metrics', prices.alarmMonth],
    ['watch', 'metrics of the functions', Object.keys(METRICS).length, 'metrics', prices.metricMonth],
    ['watch', 'metrics of the routes', routeMetrics, 'metrics', prices.metricMonth],
    ['watch', 'dashboard', count('AWS::CloudWatch::Dashboard'), 'dashboards', prices.dashboardMonth],
    ['keys', 'KMS keys', count('AWS::KMS::Key'), 'keys', prices.kmsKeyMonth],
    ['keys', 'KMS requests', encrypted * KEY_REQUESTS_OF_MONTH, 'requests', prices.kmsRequest],
    ['keys', 'secrets', secrets, 'secrets', prices.secretMonth],
    ['keys', 'secrets read', SECRET_READS_OF_MONTH, 'requests', prices.secretRequest],
  ]
}
