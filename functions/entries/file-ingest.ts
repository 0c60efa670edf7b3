import { setTimeout as pause } from 'node:timers/promises'
import { inbox, rejectedSink } from '../../drivers/compose/aws.ts'
import { createHandler } from '../batch/file-ingest.ts'
import { awsIngest } from '../compose/ingest.ts'
import { lockedTask } from '../compose/locked-task.ts'

const ingestFiles = createHandler({ inbox: inbox(), ingest: awsIngest(rejectedSink()), now: Date.now, pause })

export const handler = lockedTask(ingestFiles, 'inbox')
