import type { DocCommand } from './commands.ts'
import type { DocsPlatform } from './docs-platform.ts'
import { OTHERWISE, PRINTS } from './otherwise.ts'

/** Tests that a page tells to run: npm test does. */
export const VITEST = /^((?:[A-Z_]+=\d+ )*)npx vitest run (\S+)$/

/** Commands of AWS's own command line: aws-commands.test.ts runs them on an emulator. */
export const AWS = /^aws /

/** What a command is run as, and what is expected of it. */
export type Step = {
  readonly run: string
  readonly exit: number
  readonly prints: RegExp | undefined
}

/** A command as it is run here; undefined where another test is the place for it. */
export function stepOf({ text, shows }: DocCommand): Step | undefined {
  const row = OTHERWISE[text]
  if (VITEST.test(text) || AWS.test(text) || (row !== undefined && row.instead === undefined))
    return undefined
  return {
    run: row?.instead ?? text,
    exit: row?.exit ?? 0,
    prints: shows === undefined ? (row?.prints ?? PRINTS[text]) : likeness(shows),
  }
}

/** What a page shows, with anything in place of `…`. */
function likeness(shows: string): RegExp {
  return new RegExp(shows.split('…').map(RegExp.escape).join('.*'), 's')
}

/** What commands of one shell printed and how each ended. */
export type Ended = { readonly step: Step; readonly exit: number; readonly printed: string }

const MARK = '\x1e'

/** Runs steps in one shell, as a reader does in a terminal. */
export async function runInOneShell(
  platform: DocsPlatform,
  steps: readonly Step[],
  standsFor: (text: string) => string,
): Promise<readonly Ended[]> {
  const marked = (run: string) => `{ ${standsFor(run)}\n} 2>&1\nprintf '\\036%s\\036' $?`
  const { output, errors } = await platform.run(steps.map(({ run }) => marked(run)).join('\n'))
  const parts = output.split(MARK)
  if (parts.length !== 2 * steps.length + 1) throw new Error(`the shell ended early: ${output}${errors}`)
  return steps.map((step, i) => ({ step, printed: parts[2 * i]!, exit: Number(parts[2 * i + 1]) }))
}
