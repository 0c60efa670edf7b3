import { setTimeout as pause } from 'node:timers/promises'
import { inbox, rejectedSink } from '../../drivers/compose/aws.ts'
import { createHandler } from '../batch/file-ingest.ts'
import { awsIngest } from '../compose/ingest.ts'
import { laneTask } from '../compose/lane-task.ts'

const ingestFiles = createHandler({ inbox: inbox(), ingest: awsIngest(rejectedSink()), now: Date.now, pause })

export const handler = laneTask(ingestFiles, 'inbox')
