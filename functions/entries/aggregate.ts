import { createHandler } from '../batch/aggregate.ts'
import { ports, task } from '../compose/batch.ts'

export const handler = task(createHandler(ports))
