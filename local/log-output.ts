import type { DestinationStream } from 'pino'
import { printableLines } from './cli/printable.ts'

/**
 * Standard output for log lines, which are JSON. What JSON leaves as it is, and a terminal may obey, is
 * written as JSON's escapes: whoever sends a request can have a text of theirs in a line.
 */
export function logOutput(output: Pick<NodeJS.WritableStream, 'write'>): DestinationStream {
  return { write: line => void output.write(printableLines(line)) }
}
