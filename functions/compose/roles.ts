import * as aws from '../../drivers/compose/aws.ts'
import { pipeline } from '../../drivers/pipeline/compiled.ts'
import type { RecordedHandler } from '../batch/recorded.ts'
import { lockedTask } from './locked-task.ts'

/** What the task that makes the warehouse's roles is given: the administrator's rights there, and no data. */
export const ports = {}

export const makeRoles = () => aws.warehouseRoles(pipeline)

/** The function of the task, under the lock of the load that it is the beginning of. */
export const task = (work: RecordedHandler) => lockedTask(work, 'warehouse')
