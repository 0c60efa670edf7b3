import { createHash } from 'node:crypto'
import { formatInstant } from '../../core/data/time.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import { calendarOf } from '../../core/fold/rollup-windows.ts'
import type { FileDigest } from '../../core/lake/certificate.ts'
import { type CsvValue, csvLine } from '../../core/lake/csv.ts'
import { deliveryFile, deliveryManifest } from '../../core/lake/delivery-paths.ts'
import type { Relation } from '../../core/lake/relation.ts'
import { metricRow, metricTable } from '../../core/lake/warehouse-table.ts'
import type { LakeEngine } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import type { BatchViews, Boundary, MetricPartial } from '../../core/ports/views.ts'
import { deliveredRows } from '../../core/sql/delivery.ts'
import { metricOf } from '../batch/lookup.ts'
import type { TaskResult } from '../batch/task.ts'
import { type Delivery, monthOf, windowsOf } from './delivery.ts'
import { committedPartials } from './delivery-rows.ts'
import { boundaryThrough, type DeliveryWork } from './plan-delivery.ts'

export type DeliverPorts = {
  readonly pipeline: Pipeline
  readonly lake: LakeFolder
  readonly engine: LakeEngine
  readonly batch: Pick<BatchViews, 'boundary' | 'query'>
  /** ms. */
  readonly epochLength: number
}

/** What the manifest says of a metric. */
export type Delivered = {
  readonly metric: string
  readonly rows: number
  /** The last epoch its numbers include, and the run that published it. */
  readonly boundary: string
  readonly publishedBy: string
  readonly csv: FileDigest
  readonly parquet: FileDigest
}

export type DeliverMetric = (work: DeliveryWork) => Promise<TaskResult<Delivered>>

/**
 * Builds the step that writes a metric's rows of a month as CSV and as Parquet, in the columns of its
 * warehouse table. Doing it again writes the same, but for what has been published since.
 *
 * @throws (the step) TributaryError `conflict` where the metric is not published through the month; of the
 * views and the lake
 */
export function createDeliverMetric(ports: DeliverPorts): DeliverMetric {
  return async work => {
    const metric = metricOf(ports.pipeline, work.metric)
    const boundary = await boundaryThrough(ports, metric, work.delivery)
    const { rows, ...csv } = await writeCsv(ports, metric, work.delivery, boundary)
    const parquet = await writeParquet(ports, metric, csv.path, { ...work, rows })
    const published = { boundary: formatInstant(boundary.epoch), publishedBy: boundary.run }
    const report = { delivery: { metrics: { [metric.name]: rows } } }
    return { metric: metric.name, rows, ...published, csv, parquet, report }
  }
}

async function writeCsv(
  { lake, batch }: DeliverPorts,
  metric: Metric,
  delivery: Delivery,
  boundary: Boundary,
): Promise<FileDigest & { readonly rows: number }> {
  const path = deliveryFile(delivery, metric.name, 'csv')
  const windows = windowsOf(metric, delivery)
  const calendar = calendarOf(windows)
  const lengthOf = ({ window }: MetricPartial) => calendar.endOf(window) - window
  const hash = createHash('sha256')
  let [rows, bytes] = [0, 0]
  const counted = (text: string): string => {
    hash.update(text)
    bytes += Buffer.byteLength(text)
    return text
  }
  async function* lines(): AsyncGenerator<string> {
    yield counted(csvLine(metricTable(metric).columns.map(column => column.name)))
    for await (const page of committedPartials(batch, metric, windows, monthOf(delivery), boundary)) {
      for (const text of inPieces(page, row => metricRow(metric, row, lengthOf(row)))) yield counted(text)
      rows += page.length
    }
  }
  await lake.put(path, lines())
  return { path, bytes, sha256: hash.digest('hex'), rows }
}

/** Lines of one text. */
const PIECE = 1000

function* inPieces(
  page: readonly MetricPartial[],
  rowOf: (partial: MetricPartial) => readonly CsvValue[],
): Generator<string> {
  for (let at = 0; at < page.length; at += PIECE) {
    const lines = page.slice(at, at + PIECE).map(partial => csvLine(rowOf(partial)))
    yield lines.join('')
  }
}

/** From the CSV, so that both hold the same rows. */
async function writeParquet(
  { engine }: DeliverPorts,
  metric: Metric,
  csv: string,
  { delivery: asked, rows }: { readonly delivery: Delivery; readonly rows: number },
): Promise<FileDigest> {
  const path = deliveryFile(asked, metric.name, 'parquet')
  const delivery = (part: string): Relation => ({
    ...{ kind: 'delivery', metric: metric.name, epoch: monthOf(asked).from },
    parts: [part],
  })
  return engine.session(async session => {
    const delivered = deliveredRows(engine.dialect, metricTable(metric), delivery(csv))
    const written = await session.write(delivered, path, 'parquet')
    if (written.rows !== rows)
      throw new TributaryError('internal', `${path} got ${written.rows} rows of the ${rows} in ${csv}`)
    const [file] = await session.digests(delivery(path))
    return file!
  })
}

export type WriteManifest = (task: {
  readonly delivery: Delivery
  readonly run: string
  readonly metrics: readonly Delivered[]
}) => Promise<TaskResult<{ readonly manifest: string }>>

/** Builds the last step of a delivery: the list of its files, which is there only once they are. */
export function createWriteManifest({ lake }: Pick<DeliverPorts, 'lake'>): WriteManifest {
  return async ({ delivery, run, metrics }) => {
    const { from, to } = monthOf(delivery)
    const asked = { ...delivery, from: formatInstant(from), to: formatInstant(to) }
    const manifest = deliveryManifest(delivery)
    await lake.put(manifest, [`${JSON.stringify({ ...asked, run, metrics }, undefined, 2)}\n`])
    return { manifest, report: { delivery: { manifest } } }
  }
}
