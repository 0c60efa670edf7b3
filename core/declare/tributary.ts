/**
 * What a project that depends on the package imports in its declarations:
 * `import { count, defineMetric } from 'tributary'`. `Type` is TypeBox's, by which `data` of a contract is
 * written.
 */
export { Type } from 'typebox'
export {
  type AlertDeclaration,
  absence,
  change,
  defineAlert,
  email,
  slack,
  sns,
  threshold,
  webhook,
} from './alerts/alert.ts'
export { type ContractDeclaration, defineContract } from './contract.ts'
export { type DashboardDeclaration, defineDashboard } from './dashboards/dashboard.ts'
export * from './measures.ts'
export { defineMetric, type MetricDeclaration } from './metric.ts'
export { defineSchedule, type ScheduleDeclaration } from './schedule.ts'
export { defineSource, type SourceDeclaration } from './sources/source.ts'
