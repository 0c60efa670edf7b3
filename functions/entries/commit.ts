import { createHandler } from '../batch/commit.ts'
import { ports, task } from '../compose/batch.ts'

export const handler = task(createHandler(ports))
