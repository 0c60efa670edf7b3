import { printable, printableLines } from './printable.ts'

/** The world of one command: what a test replaces. */
export type Environment = {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly errors: NodeJS.WritableStream & { readonly isTTY?: boolean }
  /** Aborted by Ctrl-C: commands stop clean, with what they have done so far. */
  readonly signal: AbortSignal
}

/** A command that did its work and found something wrong: exit code 1, the text said already. */
export class Unsuccessful extends Error {}

/** Writes one line of result. What data holds cannot change the terminal (printable.ts). */
export function print({ output }: Environment, text: string): void {
  output.write(`${printable(text)}\n`)
}

/** Writes lines of the program's own. */
export function printLines({ output }: Environment, text: string): void {
  output.write(`${printableLines(text)}\n`)
}

/** Writes a line, or lines, of what went wrong. */
export function printError({ errors }: Environment, text: string): void {
  errors.write(`${printableLines(text)}\n`)
}

/** Writes rows as aligned columns. */
export function printTable(environment: Environment, rows: readonly (readonly string[])[]): void {
  const shown = rows.map(row => row.map(printable))
  const widths = (shown[0] ?? []).map((_, i) =>
    shown.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), 0),
  )
  for (const row of shown)
    print(
      environment,
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}
