import * as aws from '../../drivers/compose/aws.ts'
import { pipeline } from '../../drivers/pipeline/compiled.ts'
import type { RecordedHandler } from '../batch/recorded.ts'
import { resting } from './batch.ts'
import { lockedTask } from './locked-task.ts'

/** What the task that loads the warehouse is given. */
export { ports } from './batch.ts'

/** The function of the task: it reads views and changes none, so that no batch waits for it. */
export const task = (work: RecordedHandler) => lockedTask(resting(work), 'warehouse')

export const warehouse = () => aws.warehouse(pipeline)
