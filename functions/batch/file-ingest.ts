import { numberOf, payloadOf } from '../../steps/batch/task.ts'
import { createFileIngest, type FileIngestPorts, NO_PROGRESS } from '../../steps/files/file-ingest.ts'

/** `{ progress }` → files of the inbox taken in, and the progress for the next turn. The first turn has none. */
export function createHandler(ports: FileIngestPorts) {
  const ingestFiles = createFileIngest(ports)
  return (input: unknown) => ingestFiles(readProgress(payloadOf(payloadOf(input)['progress'])))
}

function readProgress(progress: Readonly<Record<string, unknown>>) {
  if (Object.keys(progress).length === 0) return NO_PROGRESS
  const number = (name: string) => numberOf(progress, name)
  const text = (name: string) => String(progress[name] ?? '')
  const totals = payloadOf(progress['totals'])
  const total = (name: string) => numberOf(totals, name)
  return {
    ...{ turn: number('turn'), refusals: number('refusals') },
    ...{ file: text('file'), version: text('version'), offset: number('offset') },
    totals: {
      ...{ files: total('files'), failed: total('failed') },
      ...{ accepted: total('accepted'), rejected: total('rejected'), bytes: total('bytes') },
    },
  }
}
