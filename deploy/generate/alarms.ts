import { type Resource, ref, STACK, type Value } from './cloudformation.ts'

type Metric = {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, Value>>
}

/** An alarm on a sum above zero in five minutes, and in so many of them on end. */
export function alarm(
  name: string,
  description: string,
  { namespace, name: metric, dimensions }: Metric,
  periods = 1,
): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${STACK}-${name}`,
      AlarmDescription: description,
      AlarmActions: [ref('AlarmTopic')],
      OKActions: [ref('AlarmTopic')],
      TreatMissingData: 'notBreaching',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      EvaluationPeriods: periods,
      Namespace: namespace,
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      Statistic: 'Sum',
      Period: 300,
    },
  }
}
