/** What the template tells the functions, with names that no emulator minds. */
export function functionEnvironment(options: {
  readonly endpoint: string
  /** File of the compiled contracts. */
  readonly contracts: string
  readonly partitions: number
  readonly tables?: Readonly<Record<'real-time' | 'batch' | 'markers' | 'control', string>>
}): Readonly<Record<string, string>> {
  const { endpoint, contracts, partitions } = options
  const tables = options.tables ?? {
    'real-time': 'real-time',
    batch: 'batch',
    markers: 'markers',
    control: 'control',
  }
  return {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: endpoint,
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
    // The log of the functions is not what is measured, and would mix with the figures.
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_SERVICE_NAME: 'bench',
    POWERTOOLS_METRICS_NAMESPACE: 'Tributary',
    TRIBUTARY_CONTRACTS: contracts,
    TRIBUTARY_PARTITIONS: String(partitions),
    TRIBUTARY_EPOCH: '1h',
    TRIBUTARY_HORIZON: '24h',
    TRIBUTARY_TIME_AHEAD: '1d',
    TRIBUTARY_TIME_BEHIND: 'any',
    TRIBUTARY_DELIVERY_BUFFER: '900',
    TRIBUTARY_STREAM: 'events',
    TRIBUTARY_REJECTED_STREAM: 'rejected',
    TRIBUTARY_LAKE: 'lake',
    TRIBUTARY_TABLE_REAL_TIME: tables['real-time'],
    TRIBUTARY_TABLE_BATCH: tables.batch,
    TRIBUTARY_TABLE_MARKERS: tables.markers,
    TRIBUTARY_TABLE_CONTROL: tables.control,
    TRIBUTARY_KEYS_SECRET: 'keys',
    TRIBUTARY_MACHINES: 'arn:aws:states:eu-central-1:123456789012:stateMachine:bench-',
    TRIBUTARY_STREAM_HOURS: '168',
    TRIBUTARY_SPEED_TIMEOUT: '120',
    TRIBUTARY_SPEED_MAPPING: 'mapping',
    TRIBUTARY_WAREHOUSE_WORKGROUP: 'bench',
    TRIBUTARY_WAREHOUSE_DATABASE: 'bench',
    TRIBUTARY_WAREHOUSE_SECRET: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:bench',
    TRIBUTARY_WAREHOUSE_LOADER: 'bench-loader',
    TRIBUTARY_WAREHOUSE_ROLE: 'arn:aws:iam::123456789012:role/bench',
  }
}
