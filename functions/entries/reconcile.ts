import { createHandler } from '../batch/reconcile.ts'
import { ports, task } from '../compose/batch.ts'
import { reportMismatch as onMismatch } from '../observability/reports.ts'

export const handler = task(createHandler({ ...ports, onMismatch }))
