import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../ministack/package.ts'

/** A row of the table of alarms: their names as the page has them, and the commands to look and to run. */
export type Row = { readonly alarms: readonly string[]; readonly commands: readonly string[] }

const PAGE = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8')

export const quoted = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, inner]) => inner!)

/** The rows of docs/operations.md. */
export const ROWS: readonly Row[] = PAGE.split('\n')
  .filter(line => line.startsWith('| `') || line.startsWith('| budget'))
  .map(line => {
    const [name = '', , ...ways] = line.slice(2, -2).split(' | ')
    const names = quoted(name)
    const commands = quoted(ways.join(' ')).filter(text => /^(npx|aws|runs) /.test(text))
    return { alarms: names.length === 0 ? [name] : names, commands }
  })

/** The commands below a heading of the page. */
export function commandsBelow(heading: string): readonly string[] {
  const part = PAGE.split(`## ${heading}\n`)[1]!.split('\n## ')[0]!
  const fence = /```sh\n([\s\S]*?)```/.exec(part)![1]!
  return fence.split('\n').filter(line => line !== '')
}
