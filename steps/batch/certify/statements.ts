import { pathInstant } from '../../../core/data/time.ts'
import {
  type FileDigest,
  type MetricStatement,
  sha256Of,
  type TypeStatement,
} from '../../../core/lake/certificate.ts'
import { CERTIFIED_SQL, certifiedSql } from '../../../core/lake/certificate-paths.ts'
import { curatedOfType } from '../../../core/lake/lake-paths.ts'
import { folderOf, type Relation } from '../../../core/lake/relation.ts'
import type { LakeEngine, LakeSession } from '../../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../../core/ports/lake-folder.ts'
import type { BatchViews } from '../../../core/ports/views.ts'
import { fieldsRead } from '../../../core/sql/curated.ts'
import { certifiedPartials, certifiedRows } from '../../../core/sql/whole-epoch/certified.ts'
import { curatedRows } from '../curated-rows.ts'
import { helpersOfType, relationAt } from '../lookup.ts'
import { columnsOfRows } from '../refine/refine-part.ts'
import { isUnchecked, type UncheckedPorts } from '../refine/unchecked.ts'
import type { DueCertificate } from './due.ts'

export type CertifyPorts = UncheckedPorts & {
  readonly lake: LakeFolder
  readonly engine: LakeEngine
  readonly batch: Pick<BatchViews, 'boundary'>
  /** ms. */
  readonly epochLength: number
  /** Epochs that an event id is remembered for. */
  readonly horizon: number
  readonly now: () => number
}

/** What can be said of an epoch; undefined where nothing is published, or will be computed again. */
export type Statements = {
  ofType(refined: NonNullable<DueCertificate['type']>): Promise<TypeStatement | undefined>
  ofMetric(id: string): Promise<MetricStatement | undefined>
}

/** Opens what can be said of an epoch. Each object is read once. */
export function openStatements(ports: CertifyPorts, session: LakeSession, epoch: number): Statements {
  const { pipeline, lake, engine, epochLength, horizon } = ports
  const { digestsOf, keepSql } = keeper(lake, session)

  return {
    async ofType({ type, objects, ...counts }) {
      const contract = pipeline.latest.get(type)
      if (contract === undefined) return undefined
      const raw = await relationAt(lake, { kind: 'raw', type, epoch })
      const curated = await relationAt(lake, { kind: 'curated', type, epoch })
      // Lines that came since are for the next run, which is told of them.
      if (raw.parts.length !== objects || curated.parts.length === 0) return undefined
      const helpers = helpersOfType(pipeline, type)
      const columns = columnsOfRows(contract, helpers)
      // Declarations have changed since it was refined: they would make other columns of it.
      if (!(await hasColumns(session, engine, curated, columns))) return undefined
      const rows = { columns, isUnchecked: await isUnchecked(ports, type, epoch) }
      const countedBefore = {
        folder: curatedOfType(type),
        from: pathInstant(epoch - horizon * epochLength),
        before: pathInstant(epoch),
      }
      return {
        ...{ type, version: contract.version, epoch, counts, countedBefore },
        inputs: await digestsOf(raw),
        sql: await keepSql(certifiedRows(contract, helpers, { type, epoch }, rows)),
        results: await digestsOf(curated),
      }
    },
    async ofMetric(id) {
      const metric = pipeline.metrics.find(each => each.id === id)
      if (metric === undefined || !(await isPublished(ports, id, epoch))) return undefined
      // Partials that were made anew, and are not shown yet.
      const staged = folderOf({ kind: 'staged-partials', metric: id, epoch })
      if ((await lake.list(staged)).length > 0) return undefined
      const { type } = metric
      const curated = await relationAt(lake, { kind: 'curated', type, epoch })
      if (curated.parts.length === 0) return undefined
      const { rows } = await curatedRows(session, engine.dialect, fieldsRead(metric), curated)
      return {
        ...{ metric: id, type, inputs: await digestsOf(curated) },
        sql: await keepSql(certifiedPartials(metric, rows)),
        results: await digestsOf(await relationAt(lake, { kind: 'partials', metric: id, epoch })),
      }
    },
  }
}

/** Whether the boundary of a type (its tally) or metric includes an epoch. */
export async function isPublished(
  { batch }: Pick<CertifyPorts, 'batch'>,
  id: string,
  epoch: number,
): Promise<boolean> {
  return ((await batch.boundary(id))?.epoch ?? Number.NEGATIVE_INFINITY) >= epoch
}

async function hasColumns(
  session: LakeSession,
  { dialect }: LakeEngine,
  curated: Relation,
  columns: readonly string[],
): Promise<boolean> {
  const stored = (await session.rows(dialect.columns([curated]))).map(row => String(row['column_name']))
  return stored.length === columns.length && columns.every(column => stored.includes(column))
}

/** Digests, each computed once, and SQL, of which each text is stored once. */
function keeper(lake: LakeFolder, session: LakeSession) {
  const digests = new Map<string, Promise<readonly FileDigest[]>>()
  let stored: ReadonlySet<string> | undefined
  return {
    digestsOf(relation: Relation): Promise<readonly FileDigest[]> {
      const key = relation.parts.join(' ')
      const known = digests.get(key) ?? session.digests(relation)
      digests.set(key, known)
      return known
    },
    async keepSql(sql: string): Promise<string> {
      const sha256 = sha256Of(sql)
      stored ??= new Set((await lake.list(CERTIFIED_SQL)).map(({ path }) => path))
      if (!stored.has(certifiedSql(sha256))) await lake.put(certifiedSql(sha256), [sql])
      return sha256
    },
  }
}
