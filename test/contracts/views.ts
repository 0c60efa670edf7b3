/** The contracts of both ports of views; every engine of a port runs its own. */
export { describeBatchViews } from './batch-views.ts'
export { describeRealTimeViews } from './real-time-views.ts'
