import { warehouse } from '../../drivers/compose/aws.ts'
import { createHandler } from '../batch/load-warehouse.ts'
import { ports, task } from '../compose/batch.ts'

export const handler = task(createHandler({ ...ports, warehouse: warehouse(ports.lake) }))
