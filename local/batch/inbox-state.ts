import type { Run } from '../../core/ports/runs.ts'

/** Files of the inbox that somebody has to look after, as the newest run that took files in left them. */
export type InboxState = {
  /** Files put aside by that run. */
  readonly failed: number
  /** Files that it could neither read nor move away. */
  readonly left: number
  /** Some of both, with their reasons. */
  readonly files: readonly unknown[]
}

const NOTHING: InboxState = { failed: 0, left: 0, files: [] }

/**
 * Remembers what the newest run of file ingest reported: its record leaves the list of recent runs while it
 * is still the newest.
 */
export function createInboxState(): (recent: readonly Run[]) => InboxState {
  let state = NOTHING
  return recent => {
    const newest = recent.find(({ machine }) => machine === 'file-ingest')
    if (newest !== undefined) state = stateOf(newest)
    return state
  }
}

function stateOf({ report }: Run): InboxState {
  const { failed, left, failedFiles, leftFiles } = (report['fileIngest'] ?? {}) as Record<string, unknown>
  const files = [failedFiles, leftFiles].flatMap(some => (Array.isArray(some) ? (some as unknown[]) : []))
  return { failed: Number(failed ?? 0), left: Number(left ?? 0), files: files.slice(0, MAX_FILES) }
}

const MAX_FILES = 10
