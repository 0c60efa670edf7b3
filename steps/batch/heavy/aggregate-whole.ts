import type { Metric } from '../../../core/declare/metric-plan.ts'
import type { Relation } from '../../../core/lake/relation.ts'
import type { HeavyEngine } from '../../../core/ports/heavy-engine.ts'
import type { LakeEngine, Written } from '../../../core/ports/lake-engine.ts'
import { aggregate } from '../../../core/sql/aggregate.ts'
import { query } from '../../../core/sql/query.ts'
import { aside } from './refine-whole.ts'

/** As `writePartials`, by an engine for larger epochs. */
export async function aggregateWhole(
  { dialect, session }: LakeEngine,
  heavy: HeavyEngine,
  metric: Metric,
  curated: Relation,
  path: string,
): Promise<Written> {
  if (curated.parts.length === 0) return { rows: 0, bytes: 0 }
  const partials = aggregate(heavy.dialect, metric, [curated], { sketches: 'counted' })
  return heavy.run([partials], ([made = []]) =>
    session(each =>
      each.write(query`SELECT * FROM ${dialect.scan([aside(made)])} AS p`, path, 'open-parquet'),
    ),
  )
}
