import type { LambdaFunction, TaskFunction } from '../routes/lambda-function.ts'

/** Functions that no request starts, as data. `npm run generate` after a change. */

/**
 * Copies what it reads to its disk and computes there; memory, and CPU with it, are a parameter of the stack.
 */
const COMPUTES = {
  memory: 'duckdb',
  timeout: 900,
  hasDisk: true,
  layers: ['contracts', 'duckdb'],
  compose: 'batch',
} as const
const PLANS = { memory: 1024, timeout: 120, layers: ['contracts', 'duckdb'], compose: 'batch' } as const

/**
 * Tasks of the machines `batch` and `backfill`. Each task is an export of functions/batch/tasks.ts; its
 * time-out is at most that of the states that call it.
 */
export const BATCH_TASKS = {
  plan: {
    ...{ description: 'Finds the next closed epoch and its work', ...PLANS },
    ...{ may: ['batchStep', 'dropItems'], parts: ['onHeld'] },
  },
  planBackfill: {
    ...{ description: 'Finds the next epoch of a range to compute again', ...PLANS },
    ...{ may: ['batchStep'], parts: [] },
  },
  awaitRaw: {
    ...{ description: 'Tells whether the raw lake holds an epoch whole', ...PLANS },
    // May have to split arrivals that nobody was notified of.
    ...{ memory: 1769, timeout: 60 },
    ...{ may: ['batchStep', 'splitArrivals'], parts: ['deliverMissing'], task: 'awaitArrivals' },
  },
  commit: {
    ...{ description: 'Moves the boundary to the epoch', ...PLANS },
    ...{ may: ['batchStep'], parts: ['onHeld'], task: 'commitInPieces' },
  },
  certify: {
    ...{ description: 'Certificates of what was published, to be computed again by anybody', ...COMPUTES },
    ...{ may: ['batchStep'], parts: [] },
  },
  refine: {
    ...{ description: 'Typed, deduplicated Parquet of one type and epoch', ...COMPUTES },
    ...{ may: ['batchStep'], parts: [] },
  },
  aggregate: {
    ...{ description: 'Partials of one metric and epoch', ...COMPUTES },
    ...{ may: ['batchStep'], parts: [] },
  },
  reconcile: {
    ...{ description: 'Compares accepted, raw, curated, speed and batch', ...COMPUTES },
    ...{ may: ['batchStep'], parts: ['onMismatch', 'onHeld'] },
  },
  publish: {
    ...{ description: 'Writes the next generation of batch views', ...COMPUTES },
    ...{ may: ['batchStep'], parts: ['exportRows'] },
  },
  runModels: {
    ...{ description: 'Makes the tables that users declare by SQL', ...COMPUTES },
    ...{ may: ['batchStep'], parts: ['onHeld'], task: 'runModelsInTime' },
  },
  sweep: {
    ...{ description: 'Removes what contracts keep no longer', ...COMPUTES },
    ...{ may: ['batchStep', 'removeOld'], parts: [], task: 'sweepInTime' },
  },
} satisfies Readonly<Record<string, TaskFunction>>

/** Tasks of all other machines. */
export const OTHER_TASKS = {
  loadWarehouse: {
    ...{ description: 'Brings the warehouse to what the boundaries say', ...COMPUTES },
    ...{ compose: 'warehouse', may: ['batchStep', 'loadTables'], parts: ['warehouse'] },
  },
  makeRoles: {
    ...{ description: 'Makes who loads and who reads the warehouse', compose: 'roles' },
    // Seconds; minutes where a workgroup has to wake, or thousands of tables are given.
    ...{ memory: 512, timeout: 900, layers: ['contracts'] },
    ...{ may: ['task', 'makeRoles'], parts: ['makeRoles'] },
    environment: { TRIBUTARY_WAREHOUSE_LOADER: 'LoadWarehouseRole' },
  },
  replay: {
    ...{ description: 'Rebuilds the real-time views from the raw lake', ...COMPUTES },
    // Stops the speed layer's mapping while it does that layer's work.
    ...{ may: ['batchStep', 'applyRecords', 'pauseSpeed'], task: 'replayStream' },
    parts: ['consumer', 'reader', 'apply', 'markersLag'],
    environment: { TRIBUTARY_SPEED_MAPPING: 'SpeedMapping' },
  },
  restoreRaw: {
    ...{ description: 'Reads events from the stream again that the raw lake lacks', ...COMPUTES },
    ...{ memory: 3008, may: ['batchStep', 'restoreRaw'], parts: ['reader', 'deliveries'] },
    task: 'restoreRawFromStream',
  },
  deliver: {
    ...{ description: 'Writes a month of metrics as CSV and Parquet', ...COMPUTES },
    ...{ may: ['task', 'writeDeliveries'], parts: [] },
  },
  fileIngest: {
    ...{ description: 'Takes in files of events from the inbox', ...COMPUTES },
    ...{ memory: 1769, layers: ['contracts'], compose: 'inbox' },
    ...{ may: ['task', 'takeIn', 'keepRejected', 'takeInbox'], parts: [] },
  },
} satisfies Readonly<Record<string, TaskFunction>>

/** Every task. */
export const TASKS = { ...BATCH_TASKS, ...OTHER_TASKS }

/** Functions that AWS calls with events of its own, each composed in `functions/compose/<name>.ts`. */
export const EVENT_FUNCTIONS = {
  authorizer: {
    description: 'Checks keys for the HTTP API',
    // The HTTP API gives an authorizer 10 s.
    ...{ memory: 512, timeout: 9, layers: [], may: ['readKeys'] },
  },
  speed: {
    description: 'Folds stream records into the real-time views',
    // Waits out throttled tables with backoff; a batch that needs longer is bisected and tried again.
    ...{ memory: 1769, timeout: 120, layers: ['contracts'], may: ['applyRecords'] },
  },
  deliverRaw: {
    description: 'Splits an object of arrivals into the raw lake by type and epoch',
    // Inflates and splits up to 64 MB of gzip members, streamed.
    ...{ memory: 1769, timeout: 600, layers: ['contracts'] },
    may: ['splitArrivals', 'tellDelivery'],
  },
  catalog: {
    description: 'Brings the tables that Athena reads to what is declared',
    // Two tables a type, four calls at a time. What one call does not come to, the next one does.
    ...{ memory: 512, timeout: 300, layers: ['contracts'], may: ['keepCatalog'] },
    environment: { TRIBUTARY_CATALOG: 'GlueDatabase' },
  },
} satisfies Readonly<Record<string, LambdaFunction>>
