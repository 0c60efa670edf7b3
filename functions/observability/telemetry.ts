import process from 'node:process'
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'

/** What log lines and metrics name as their service. */
export const serviceName = process.env['POWERTOOLS_SERVICE_NAME'] ?? 'tributary'
const namespace = process.env['POWERTOOLS_METRICS_NAMESPACE'] ?? 'Tributary'

/**
 * The log of the functions: a line of JSON an entry. Never given an event, a key, or the message of an error
 * that is not ours.
 */
export const logger = new Logger({ serviceName })

/**
 * Metrics of the functions, in CloudWatch's embedded metric format: they are lines of the log, so no call is
 * made and none can fail. One dimension, the service: each further one would be billed as a metric of its
 * own.
 */
export const metrics = new Metrics({ namespace, serviceName })

/** The metrics there are, and their units: what alarms and the dashboard may name. */
export const METRICS = {
  EventsAccepted: 'Count',
  EventsRejected: 'Count',
  /** Refused for now: the sender was told to send them again. */
  EventsRefused: 'Count',
  /** How often rejected events began to go past Firehose, which did not take them. */
  RejectedSpills: 'Count',
  /** Answers with a 5xx status. */
  ServerErrors: 'Count',
  EventsCounted: 'Count',
  Duplicates: 'Count',
  /** Events that the producer put into the stream twice. */
  Repeats: 'Count',
  UnreadableRecords: 'Count',
  /** Records of types that the speed layer does not know, held among the dead letters. */
  UnknownTypeRecords: 'Count',
  /** From the newest event of a batch being received until it shows in the real-time views, ms. */
  SpeedLagMs: 'Milliseconds',
  LinesDelivered: 'Count',
  UnreadableLines: 'Count',
  /** Raw lines that came after their epoch was published. */
  LateLines: 'Count',
  /** How long ago the epoch ended that a boundary moves to, ms. */
  BoundaryAgeMs: 'Milliseconds',
  ReconciliationMismatch: 'Count',
  /** Metrics and types that a run holds back, each run. */
  Held: 'Count',
  /** Calls of a function that ended in an error which trying again does not cure. */
  FunctionFailures: 'Count',
} as const

export type MetricName = keyof typeof METRICS

/**
 * Adds to a metric; what a call adds is written out once, when it ends. Nothing is added for a count of
 * nothing.
 */
export function measure(name: MetricName, value: number): void {
  if (value !== 0) metrics.addMetric(name, METRICS[name], value)
}
