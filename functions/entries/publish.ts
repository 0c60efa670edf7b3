import { warehouseTexts } from '../../drivers/compose/aws.ts'
import { createHandler } from '../batch/publish.ts'
import { ports, task } from '../compose/batch.ts'

export const handler = task(createHandler({ ...ports, exportRows: warehouseTexts() }))
