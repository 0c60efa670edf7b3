import type { Right } from '../../functions/routes/lambda-function.ts'
import { arn, attribute, lakeObjects, STACK, type Value } from './cloudformation.ts'
import {
  allow,
  changeLake,
  changeTables,
  readLake,
  readTables,
  type Statement,
  writeStatements,
} from './statements.ts'

const STREAM = attribute('EventStream', 'Arn')
const EXECUTIONS = arn('states', `execution:${STACK}-*`)
const MACHINES = arn('states', `stateMachine:${STACK}-*`)

/** A condition that leaves items of some partition keys alone. */
const keysBeginning = (...keys: readonly string[]): Value => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...keys] },
})

/** Puts accepted events into the stream, and counts in the ledger what was acknowledged. */
const TAKE_IN: readonly Statement[] = [
  allow(['kinesis:PutRecords'], STREAM),
  // Of the control table the ledger and the number of partitions: runs, locks and holds are others'.
  allow(
    ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    attribute('ControlTable', 'Arn'),
    keysBeginning('ledger', 'ledger#*', 'partitioning'),
  ),
]

/** Keeps rejected events; those too large for a record of Firehose in the lake. */
const KEEP_REJECTED: readonly Statement[] = [
  allow(['firehose:PutRecord', 'firehose:PutRecordBatch'], attribute('RejectedDelivery', 'Arn')),
  ...changeLake('rejected/'),
]

/**
 * Takes in files of the inbox and moves them, with the tags that a scan or a transfer service gave them: a
 * copy without these two rights is refused (S3 user guide, CopyObject).
 */
const TAKE_INBOX: readonly Statement[] = [
  ...changeLake('inbox/', 'inbox-done/', 'inbox-failed/', 'inbox-notes/'),
  allow(['s3:GetObjectTagging'], lakeObjects('inbox/')),
  allow(['s3:PutObjectTagging'], ['inbox-done/', 'inbox-failed/'].map(lakeObjects)),
]

/** Reads runs: what their tasks recorded, and what Step Functions says of those that go on. */
const READ_RUNS: readonly Statement[] = [
  changeTables('ControlTable'),
  allow(['states:ListExecutions'], MACHINES),
  allow(['states:DescribeExecution', 'states:GetExecutionHistory'], EXECUTIONS),
]

/** Reads the stream, as the speed layer's mapping and the machine `replay` do. */
const READ_STREAM = allow(
  [
    'kinesis:DescribeStream',
    'kinesis:DescribeStreamSummary',
    'kinesis:GetRecords',
    'kinesis:GetShardIterator',
    'kinesis:ListShards',
  ],
  STREAM,
)

/**
 * Applies records to the real-time views. What cannot be applied is kept where the mapping puts what it gives
 * up.
 */
const APPLY: readonly Statement[] = [
  READ_STREAM,
  changeTables('RealTimeTable', 'MarkersTable', 'ControlTable'),
  writeStatements('MarkersTable'),
  writeStatements('RealTimeTable'),
  ...changeLake('aws/lambda/', 'dead-letters/'),
]

/** Splits arrivals into the raw lake, marks those that are split, and keeps aside what cannot be read. */
const SPLIT = [...readLake('arrivals/'), ...changeLake('raw/', 'delivered/', 'failed/', 'due/')]

/** Folders of the lake that batch steps build (core/lake/lake-paths.ts), and the manifests that show them. */
const BUILT = [
  'models/',
  'model-marks/',
  'curated/',
  'ids/',
  'due/',
  'losses/',
  'partials/',
  'windows/',
  'staged/',
  'replay/',
  'journal/',
  'certificates/',
  'exports/',
  'manifests/',
]

/**
 * Every batch step: reads raw events, builds lake data and views, reports to its run, and asks who holds the
 * lock.
 */
const STEP: readonly Statement[] = [
  ...readLake('raw/', 'condensed/'),
  ...changeLake(...BUILT),
  changeTables('BatchTable', 'ControlTable'),
  readTables('RealTimeTable'),
  allow(['states:DescribeExecution'], EXECUTIONS),
]

/** Reports to its run, and asks who holds the lock. */
const TASK: readonly Statement[] = [
  changeTables('ControlTable'),
  allow(['states:DescribeExecution'], EXECUTIONS),
]

/** A statement that holds only where the stack has a warehouse. */
const withWarehouse = (statement: Statement): Value => ({
  'Fn::If': ['WithWarehouse', statement, { Ref: 'AWS::NoValue' }],
})

/** IAM's variable of the caller, in two pieces: whole, the framework would take it for one of its own. */
const OWN_ID: Value = { 'Fn::Join': ['', ['$', '{aws:userid}']] }

const WORKGROUP = attribute('WarehouseWorkgroup', 'Workgroup.WorkgroupArn')

/** Has the warehouse run statements; as whom, another right says. */
const STATEMENTS: readonly Statement[] = [
  allow(['redshift-data:BatchExecuteStatement', 'redshift-data:ExecuteStatement'], WORKGROUP),
  // These three have no resource; the condition leaves them the statements this very role has started.
  allow(
    ['redshift-data:CancelStatement', 'redshift-data:DescribeStatement', 'redshift-data:GetStatementResult'],
    '*',
    { StringEquals: { 'redshift-data:statement-owner-iam-userid': OWN_ID } },
  ),
]

/** As the administrator, by whose secret alone one becomes it (docs/decisions/0061). */
const MAKE_ROLES: readonly Value[] = [
  ...STATEMENTS,
  allow(['secretsmanager:GetSecretValue'], arn('secretsmanager', `secret:redshift!${STACK}-tributary-*`)),
].map(withWarehouse)

/** As the user that the function's own role is in the database, which owns the platform's tables alone. */
const LOAD_TABLES: readonly Value[] = [
  ...STATEMENTS,
  allow(['redshift-serverless:GetCredentials'], WORKGROUP),
].map(withWarehouse)

/**
 * The tables of the stack's own database. Glue asks for the catalog and the database as well as for tables.
 */
const CATALOG = allow(
  ['glue:BatchDeleteTable', 'glue:CreateTable', 'glue:GetTables', 'glue:UpdateTable'],
  [arn('glue', 'catalog'), arn('glue', `database/\${GlueDatabase}`), arn('glue', `table/\${GlueDatabase}/*`)],
)

/**
 * What each right of the tables of functions/ is. The one place where IAM's statements are written; roles are
 * generated from it. A function may do what its row says, and write its own log and traces.
 */
export const RIGHTS = {
  takeIn: TAKE_IN,
  readPartitioning: [
    allow(['dynamodb:GetItem'], attribute('ControlTable', 'Arn'), keysBeginning('partitioning')),
  ],
  keepRejected: KEEP_REJECTED,
  listRejected: [...readLake('rejected/'), readTables('ControlTable')],
  replayRejected: [...readLake('rejected/'), changeTables('ControlTable')],
  countUse: [allow(['dynamodb:UpdateItem'], attribute('ControlTable', 'Arn'), keysBeginning('allowance#*'))],
  readKeys: [
    allow(['secretsmanager:GetSecretValue'], attribute('ApiKeys', 'Id')),
    // Those that were made, and when one was used last.
    allow(['dynamodb:Query', 'dynamodb:UpdateItem'], attribute('ControlTable', 'Arn'), keysBeginning('keys')),
  ],
  manageKeys: [
    allow(
      ['dynamodb:PutItem', 'dynamodb:DeleteItem'],
      attribute('ControlTable', 'Arn'),
      keysBeginning('keys'),
    ),
  ],
  readViews: [readTables('RealTimeTable', 'BatchTable', 'ControlTable')],
  readBoundaries: [readTables('BatchTable')],
  readRuns: READ_RUNS,
  startRuns: [allow(['states:StartExecution'], MACHINES)],
  stopRuns: [allow(['states:StopExecution'], EXECUTIONS)],
  applyRecords: APPLY,
  pauseSpeed: [
    allow(
      ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
      arn('lambda', `event-source-mapping:\${SpeedMapping}`),
    ),
  ],
  splitArrivals: SPLIT,
  restoreRaw: [READ_STREAM, ...changeLake('raw/')],
  tellDelivery: [
    changeTables('ControlTable'),
    readTables('BatchTable'),
    allow(['sqs:SendMessage'], attribute('DeadLetterQueue', 'Arn')),
  ],
  takeInbox: TAKE_INBOX,
  writeDeliveries: [readTables('BatchTable'), ...changeLake('deliveries/')],
  task: TASK,
  batchStep: STEP,
  // Removes raw data that is kept no longer, and notes what is; partials and curated rows are the steps' own.
  removeOld: [...changeLake('condensed/', 'retention/'), allow(['s3:DeleteObject'], lakeObjects('raw/'))],
  dropItems: [changeTables('RealTimeTable')],
  makeRoles: MAKE_ROLES,
  loadTables: LOAD_TABLES,
  keepCatalog: [CATALOG],
} satisfies Readonly<Record<Right, readonly Value[]>>
