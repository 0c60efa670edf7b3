import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { open as openLmdb, type RootDatabase } from 'lmdb'
import { metricShapes } from '../../core/declare/metric-kinds.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { type TributaryError, toTributaryError } from '../../core/errors.ts'
import { type MaskedColumns, maskedColumns } from '../../core/lake/masked-columns.ts'
import type { TableCatalog } from '../../core/ports/table-catalog.ts'
import type { Warehouse } from '../../core/ports/warehouse.ts'
import { openJdbcCatalog } from '../catalog/jdbc/jdbc.ts'
import { openLmdbHolds } from '../holds/lmdb.ts'
import { openFolderInbox } from '../inbox/folder.ts'
import { warehousePasswords } from '../keys/warehouse-passwords.ts'
import { type MarkerTable, openMarkerTable } from '../markers/table/table.ts'
import { platformId } from '../platform-id.ts'
import { growingRawChecks, wholeRawFiles } from '../raw/whole-files.ts'
import { createLmdbRuns } from '../runs/lmdb.ts'
import { createFolderTableFiles } from '../table-files/folder.ts'
import { openLmdbBatchViews } from '../views/lmdb.ts'
import { checkpointMarkers, checkpointPosition, openViewsCheckpoint } from '../views/memory/checkpoint.ts'
import { createMemoryViews } from '../views/memory/memory.ts'
import { openEmbeddedPostgres } from '../warehouse/embedded-postgres/embedded-postgres.ts'
import { READER } from '../warehouse/embedded-postgres/roles.ts'
import { openPostgresWarehouse } from '../warehouse/postgres/postgres.ts'
import { openFolderLake } from './folder-lake.ts'

/** Where each engine keeps its files inside the data folder. */
export function embeddedPaths(data: string) {
  const inside = (name: string) => join(data, name)
  return {
    log: inside('log'),
    lake: inside('lake'),
    rawDelivery: inside('raw-delivery.json'),
    realTime: inside('real-time'),
    markers: inside('markers'),
    batch: inside('batch'),
    rejected: inside('rejected'),
    deadLetters: inside('dead-letters'),
    warehouse: inside('warehouse'),
    warehousePasswords: {
      owner: inside('warehouse-password'),
      reader: inside('warehouse-reader-password'),
    },
    platformId: inside('platform-id'),
    alerts: inside('alerts'),
    scratch: inside('scratch'),
    /** What doctor is just making anew. */
    repairs: inside('repairs.json'),
  } as const
}

export type EmbeddedPaths = ReturnType<typeof embeddedPaths>

/** Where the lanes of one number keep their real-time views: a folder each. */
export function laneFolder(paths: EmbeddedPaths, lanes: number): string {
  return join(paths.realTime, `of-${lanes}`)
}

const LANE_OPTIONS = { maxDbs: 8, compression: true } as const

/** The position of a lane's checkpoint, of the folder of the lane; undefined where it has none. */
export const storedPosition = (folder: string) => stored(folder, checkpointPosition)

/** How far markers were at a lane's checkpoint, in the same way. */
export const storedMarkers = (folder: string) => stored(folder, checkpointMarkers)

function stored<T>(folder: string, read: (root: RootDatabase, place: string) => T): T | undefined {
  if (!existsSync(join(folder, 'data.mdb'))) return undefined
  const root = openLmdb({ path: folder, ...LANE_OPTIONS })
  try {
    return read(root, join(folder, 'data.mdb'))
  } finally {
    void root.close()
  }
}

/** Real-time views of one of so many lanes, for the one thread that owns them. */
export function openLaneEngines(
  paths: EmbeddedPaths,
  pipeline: Pipeline,
  lane: number,
  lanes: number,
  progress: (how: string) => void = () => undefined,
) {
  const shapes = metricShapes(pipeline)
  const path = join(laneFolder(paths, lanes), String(lane))
  const root = openLmdb({ path, ...LANE_OPTIONS })
  const views = createMemoryViews(shapes)
  const checkpoint = openViewsCheckpoint(root, views, shapes, join(path, 'data.mdb'), progress)
  return { views, checkpoint, close: () => root.close() }
}

/** Markers of all lanes, for the one thread that claims. */
export function openMarkers(
  paths: EmbeddedPaths,
  options: { readonly epochLength: number; readonly dedupeHorizon: number },
): Promise<MarkerTable> {
  const { epochLength, dedupeHorizon: horizon } = options
  return openMarkerTable({ folder: paths.markers, horizon, epochLength })
}

/** The environment of batch views and runs; any thread may open it. */
export function openBatchEnvironment(paths: EmbeddedPaths): RootDatabase {
  return openLmdb({ path: paths.batch, maxDbs: 8 })
}

/** Batch views in that environment. */
export function openBatchViews(root: RootDatabase, pipeline: Pipeline) {
  return openLmdbBatchViews(root, metricShapes(pipeline))
}

/** What is held, in that environment. */
export function openHolds(root: RootDatabase) {
  return openLmdbHolds(root)
}

export type WarehouseSettings = {
  readonly enabled: boolean
  readonly port: number
  readonly url: string | undefined
  /** Schema of the tables. */
  readonly schema: string
}

/** What computes epochs: how large they may be for DuckDB, and the master's URL of Spark for larger ones. */
export type ComputeSettings = {
  readonly largestEpoch: number | undefined
  readonly spark: string | undefined
}

export type BatchEngines = Awaited<ReturnType<typeof openBatchEngines>>

/** Engines of the batch layer, for the one thread that owns them. */
export async function openBatchEngines(
  paths: EmbeddedPaths,
  pipeline: Pipeline,
  settings: { readonly warehouse: WarehouseSettings; readonly compute: ComputeSettings },
  report: (failure: TributaryError) => void,
) {
  const root = openBatchEnvironment(paths)
  const { largestEpoch, spark } = settings.compute
  const { lake, engine, ahead, asked, heavy, close } = await openFolderLake({
    folder: paths.lake,
    largestEpoch,
    spark: spark === undefined ? undefined : { master: spark },
    growing: growingRawChecks(paths.rawDelivery),
  })
  const warehouse = await openWarehouse(paths, settings.warehouse, maskedColumns(pipeline), report)
  return {
    lake,
    engine,
    heavy,
    /** For refining ahead of a batch run. */
    ahead: { engine: ahead, wholeFiles: wholeRawFiles(lake, paths.rawDelivery) },
    /** For questions of people, one at a time. */
    asked,
    inbox: await openFolderInbox(paths.lake),
    batch: openBatchViews(root, pipeline),
    holds: openHolds(root),
    runs: createLmdbRuns(root),
    warehouse: warehouse?.engine,
    /** Open tables, whose catalog is kept in the warehouse's database. */
    tables: warehouse?.catalog && {
      catalog: warehouse.catalog,
      files: createFolderTableFiles(resolve(paths.lake)),
      now: Date.now,
      newUuid: randomUUID,
    },
    warehouseState: () => warehouse?.state() ?? 'off',
    async close() {
      await warehouse?.close()
      close()
      await root.close()
    },
  }
}

type OpenWarehouse = {
  readonly engine: Warehouse
  /** Of open tables; undefined where the warehouse is no database that keeps one. */
  readonly catalog?: TableCatalog
  state(): WarehouseState
  close(): Promise<void>
}

type WarehouseState = 'on' | 'off' | 'starting' | 'unavailable'

/**
 * The warehouse that the settings name: none, any Postgres, or the server of this machine, which starts in
 * the background.
 */
async function openWarehouse(
  paths: EmbeddedPaths,
  { enabled, url, port, schema }: WarehouseSettings,
  masked: MaskedColumns,
  report: (failure: TributaryError) => void,
): Promise<OpenWarehouse | undefined> {
  if (!enabled) return undefined
  const whose = { lake: paths.lake, schema, platform: await platformId(paths.platformId) }
  if (url !== undefined) {
    const engine = openPostgresWarehouse({ ...whose, url })
    const catalog = openJdbcCatalog({ url, schema })
    const close = async () => void (await Promise.all([engine.close(), catalog.close()]))
    return { engine, catalog, state: () => 'on', close }
  }
  const passwords = await warehousePasswords(paths.warehousePasswords)
  const server = openEmbeddedPostgres({ folder: paths.warehouse, port, passwords })
  const engine = openPostgresWarehouse({
    ...whose,
    url: server.url,
    ready: server.ensure,
    isOwnServer: true,
    reader: { role: READER, masked },
  })
  const catalog = openJdbcCatalog({ url: server.url, schema, reader: READER, ready: server.ensure })
  let state: WarehouseState = 'starting'
  server.ready.then(
    () => {
      state = 'on'
    },
    (error: unknown) => {
      // Loads ask the server to start again; until it does, its tables stay behind, so say so at once.
      state = 'unavailable'
      report(toTributaryError(error))
    },
  )
  return {
    engine,
    catalog,
    state: () => state,
    async close() {
      await Promise.all([engine.close(), catalog.close()])
      await server.stop()
    },
  }
}
