import type { Metric } from '../../../core/declare/metric-plan.ts'
import type { Relation } from '../../../core/lake/relation.ts'
import type { HeavyEngine } from '../../../core/ports/heavy-engine.ts'
import type { LakeEngine, Written } from '../../../core/ports/lake-engine.ts'
import { aggregate, GROUP_COLUMN, WINDOW_COLUMN } from '../../../core/sql/aggregate.ts'
import { namedAsAsked } from '../../../core/sql/whole-epoch/as-stored.ts'
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
  const columns = [WINDOW_COLUMN, GROUP_COLUMN, ...metric.cells.map(({ name }) => name)]
  return heavy.run([partials], async ([made = []]) => {
    if (made.length === 0) return { rows: 0, bytes: 0 }
    const stored = namedAsAsked(dialect, aside(made), columns)
    return session(each => each.write(stored, path, 'open-parquet'))
  })
}
