/** What a type of resource costs: the item of an estimate's line, or why nothing is paid for it. */
export type ResourceCost = { readonly line: string } | { readonly free: string }

const RULES = { free: 'rules and names cost nothing; what they are about does' } as const

/**
 * Every type of resource of the template and what it costs. A new type gets its row here, and its line where
 * it is billed: the test of the template asks for it.
 */
export const RESOURCE_COSTS: Readonly<Record<string, ResourceCost>> = {
  'AWS::ApiGatewayV2::Api': { line: 'HTTP API' },
  'AWS::ApiGatewayV2::Authorizer': { free: 'its function is called once in five minutes for a key' },
  'AWS::ApiGatewayV2::Integration': RULES,
  'AWS::ApiGatewayV2::Route': { free: 'without metrics of its own, which would be billed' },
  'AWS::ApiGatewayV2::Stage': { line: 'logs, access log and metrics' },
  'AWS::Athena::WorkGroup': { free: 'analysts pay by the bytes that their queries read, $5 a TB' },
  'AWS::Budgets::Budget': { free: 'a budget that only notifies costs nothing' },
  'AWS::CloudWatch::Alarm': { line: 'alarms, by the metrics they look at' },
  'AWS::CloudWatch::Dashboard': { line: 'dashboard' },
  'AWS::CodeDeploy::Application': { free: 'CodeDeploy costs nothing for functions' },
  'AWS::CodeDeploy::DeploymentGroup': { free: 'CodeDeploy costs nothing for functions' },
  'AWS::DynamoDB::Table': { line: 'markers and items, stored' },
  'AWS::EC2::FlowLog': {
    free: 'nothing goes through the network but loads of the warehouse and Spark clusters',
  },
  'AWS::EC2::RouteTable': RULES,
  'AWS::EC2::SecurityGroup': RULES,
  'AWS::EC2::Subnet': RULES,
  'AWS::EC2::SubnetRouteTableAssociation': RULES,
  'AWS::EC2::VPC': RULES,
  'AWS::EC2::VPCEndpoint': { free: 'the gateway endpoint of S3 costs nothing' },
  'AWS::EMR::SecurityConfiguration': RULES,
  'AWS::Glue::Database': { free: 'the catalog is free up to a million objects' },
  'AWS::Glue::Table': { free: 'the catalog is free up to a million objects' },
  'AWS::IAM::InstanceProfile': RULES,
  'AWS::IAM::ManagedPolicy': RULES,
  'AWS::IAM::Policy': RULES,
  'AWS::IAM::Role': RULES,
  'AWS::IAM::RolePolicy': RULES,
  'AWS::KMS::Alias': RULES,
  'AWS::KMS::Key': { line: 'KMS keys' },
  'AWS::Kinesis::Stream': { line: 'Kinesis streams' },
  'AWS::KinesisFirehose::DeliveryStream': { line: 'Firehose' },
  'AWS::Lambda::Alias': RULES,
  'AWS::Lambda::EventInvokeConfig': RULES,
  'AWS::Lambda::EventSourceMapping': {
    free: 'what it reads is billed by the stream, what it calls by the function',
  },
  'AWS::Lambda::Function': { line: 'Lambda time' },
  'AWS::Lambda::LayerVersion': { free: 'stored without charge' },
  'AWS::Lambda::Permission': RULES,
  'AWS::Lambda::Version': { free: 'stored without charge; the one before goes when a deployment is done' },
  'AWS::Logs::LogGroup': { line: 'logs and metrics, kept' },
  'AWS::Logs::LogStream': RULES,
  'AWS::RedshiftServerless::Namespace': { line: 'tables, a month' },
  'AWS::RedshiftServerless::Workgroup': { line: 'Redshift, a minute of 8 units a load' },
  'AWS::S3::Bucket': { line: 'raw events, each month after' },
  'AWS::S3::BucketPolicy': RULES,
  'AWS::SNS::Subscription': RULES,
  'AWS::SNS::Topic': { free: 'the first thousand mails a month cost nothing; an alarm sends two' },
  'AWS::SNS::TopicPolicy': RULES,
  'AWS::SQS::Queue': { free: 'the first million requests a month cost nothing; it holds failures only' },
  'AWS::SQS::QueuePolicy': RULES,
  'AWS::Scheduler::Schedule': { free: 'the first 14 million starts a month cost nothing' },
  'AWS::Scheduler::ScheduleGroup': RULES,
  'AWS::SecretsManager::Secret': { line: 'secrets' },
  'AWS::StepFunctions::StateMachine': { line: 'state transitions (Step Functions)' },
}
