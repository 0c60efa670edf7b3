import { EMULATORS } from '../emulators.ts'
import { batches } from './batches.ts'
import { reads } from './reads.ts'
import type { Row } from './row.ts'
import { values } from './values.ts'
import { writes } from './writes.ts'

/** All that the drivers rely on DynamoDB for, in the order of the table. */
export const ROWS: readonly Row[] = [...writes, ...values, ...reads, ...batches]

/** The table as the README of this folder has it. */
export function tableOfRows(): string {
  const head = ['What DynamoDB does', 'Document of AWS', ...EMULATORS]
  const lines = ROWS.map(({ name, document, gaps = {} }) => [
    name,
    document,
    ...EMULATORS.map(emulator => gaps[emulator] ?? 'shows it'),
  ])
  return [head, head.map(() => '---'), ...lines].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}
