import { tallyId } from '../../core/cells/tally.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import type { Contract, Pipeline } from '../../core/declare/pipeline.ts'
import {
  curatedOfType,
  journalOfMetric,
  partialsOfMetric,
  tableOfMetric,
  tableOfType,
} from '../../core/lake/lake-paths.ts'
import { curatedTable, type OpenTable, partialsTable } from '../../core/lake/open-table.ts'
import { condensedBefore, curatedSince } from '../batch/retention/kept.ts'
import { type EpochFiles, type EpochFilesPorts, epochFiles, partialFiles } from './epoch-files.ts'

/** What an open table is made of. */
export type TableSource = {
  readonly table: OpenTable
  /** Whose marks are the table's. */
  readonly owner: string
  /** Id of the boundary that says what is published. */
  readonly boundary: string
  /** Folder of the lake with a folder an epoch. */
  readonly folder: string
  /** From when on the lake has epochs of its own of it, ms. */
  since(): Promise<number>
  /** Whether what is published is where it belongs, and not on its way there. */
  isSettled(): Promise<boolean>
  /** Makes the files of an epoch (ms) those of a table's folder. */
  files(epoch: number, folder: string): Promise<EpochFiles>
}

/** The tables that the declarations ask for: of types, then of metrics. */
export function tableSources(ports: EpochFilesPorts, pipeline: Pipeline): readonly TableSource[] {
  const types = [...pipeline.latest.keys()]
  return [
    ...[...pipeline.latest.values()].map(contract => curatedSource(ports, contract, types)),
    ...pipeline.metrics.map(metric => partialsSource(ports, metric)),
  ]
}

function curatedSource(ports: EpochFilesPorts, contract: Contract, types: readonly string[]): TableSource {
  const { type } = contract
  return {
    table: curatedTable(contract, types),
    ...{ owner: tableOfType(type), boundary: tallyId(type), folder: curatedOfType(type) },
    since: () => curatedSince(ports.lake, type),
    isSettled: async () => true,
    files: (epoch, folder) => epochFiles(ports, contract, epoch, folder),
  }
}

function partialsSource(ports: EpochFilesPorts, metric: Metric): TableSource {
  const { id } = metric
  return {
    table: partialsTable(metric),
    ...{ owner: tableOfMetric(id), boundary: id, folder: partialsOfMetric(id) },
    since: () => condensedBefore(ports.lake, id),
    isSettled: async () => (await ports.lake.list(journalOfMetric(id))).length === 0,
    files: (epoch, folder) => partialFiles(ports, id, epoch, folder),
  }
}
