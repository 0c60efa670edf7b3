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

/** Writes one line of result. */
export function print({ output }: Environment, text: string): void {
  output.write(`${text}\n`)
}

/** Writes rows as aligned columns. */
export function printTable(environment: Environment, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map(row => row[i]?.length ?? 0)))
  for (const row of rows)
    print(
      environment,
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}
