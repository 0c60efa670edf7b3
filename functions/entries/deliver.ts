import { createHandler } from '../batch/deliver.ts'
import { ports, task } from '../compose/batch.ts'

export const handler = task(createHandler(ports))
