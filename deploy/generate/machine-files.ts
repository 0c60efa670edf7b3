import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A file of state-machines/. */
export type MachineFile = {
  /** File name without its ending. */
  readonly name: string
  /** Placeholders such as `PlanFunctionArn`, sorted. */
  readonly tokens: readonly string[]
  /** What its tasks call, such as `arn:aws:states:::lambda:invoke`, sorted. */
  readonly integrations: readonly string[]
}

const ENDING = '.asl.json'

/** Reads every state machine of a folder. */
export async function readMachines(folder: string): Promise<readonly MachineFile[]> {
  const files = (await readdir(folder)).filter(file => file.endsWith(ENDING)).sort()
  return Promise.all(
    files.map(async file => {
      const text = await readFile(join(folder, file), 'utf8')
      return {
        name: file.slice(0, -ENDING.length),
        tokens: unique(text.matchAll(/\$\{(\w+)\}/g)),
        integrations: unique(text.matchAll(/"Resource":\s*"([^"]+)"/g)),
      }
    }),
  )
}

function unique(matches: Iterable<RegExpMatchArray>): readonly string[] {
  return [...new Set([...matches].map(match => match[1]!))].sort()
}
