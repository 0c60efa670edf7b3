import { createHandler } from '../batch/refine.ts'
import { ports, task } from '../compose/batch.ts'

export const handler = task(createHandler(ports))
