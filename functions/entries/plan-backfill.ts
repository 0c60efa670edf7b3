import { createHandler } from '../batch/plan-backfill.ts'
import { ports, task } from '../compose/batch.ts'

export const handler = task(createHandler(ports))
