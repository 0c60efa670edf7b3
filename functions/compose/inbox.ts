import { setTimeout as pause } from 'node:timers/promises'
import { inbox, rejectedSink } from '../../drivers/compose/aws.ts'
import type { RecordedHandler } from '../batch/recorded.ts'
import { reportSpill } from '../observability/reports.ts'
import { awsIngest } from './ingest.ts'
import { lockedTask } from './locked-task.ts'

/** What the tasks of the inbox are given. */
export const ports = { inbox: inbox(), ingest: awsIngest(rejectedSink(reportSpill)), now: Date.now, pause }

/** The function of a task: traced, recorded in its run, under the lock of the inbox. */
export const task = (work: RecordedHandler) => lockedTask(work, 'inbox')
