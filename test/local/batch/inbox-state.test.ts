import { expect, test } from 'vitest'
import type { Run } from '../../../core/ports/runs.ts'
import { createInboxState } from '../../../local/batch/inbox-state.ts'

const run = (machine: string, report: Run['report'] = {}): Run => ({
  ...{ id: 'run', machine, input: {}, status: 'succeeded', startedAt: 0, states: [], report },
})
const aside = { failed: 1, left: 0, failedFiles: [{ file: 'a.csv', reason: 'no JSON' }], leftFiles: [] }

test('files that were put aside are told until a later run has none, also when its record is an old one', () => {
  const state = createInboxState()
  expect(state([run('batch')])).toEqual({ failed: 0, left: 0, files: [] })
  const told = { failed: 1, left: 0, files: [{ file: 'a.csv', reason: 'no JSON' }] }
  expect(state([run('batch'), run('file-ingest', { fileIngest: aside })])).toEqual(told)
  expect(state([run('batch')])).toEqual(told)
  expect(state([run('file-ingest')])).toEqual({ failed: 0, left: 0, files: [] })
})
