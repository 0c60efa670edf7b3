import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { LAMBDA_ANSWER } from '../../functions/middleware/deliverable.ts'
import { readTemplate } from '../check/template.ts'
import { LIMITS } from '../limits.ts'
import { largestFunction, startOfContracts } from './bundles.ts'
import { copyProject } from './copy.ts'
import { declareMany, type Scale } from './declare.ts'
import { startPlatform } from './platform.ts'

const run = promisify(execFile)

/** A figure, and what it may be at most. */
export type Figure = { readonly what: string; readonly value: number; readonly most: number }

const MINUTE = 60_000
/** Lambda's quotas: bytes of a function with its layers, and how long it may take to start. */
const UNPACKED = 262_144_000
const INIT_MS = 10_000
const STAGE = 'prod'

/**
 * Declares so many event types, metrics and schedules in a copy of the project, generates and packages it as
 * `npx serverless package` does, and gives what grows with them: against AWS's quotas, or what we allow.
 *
 * @throws Error with what generating or packaging refuses
 */
export async function* scaled(scale: Scale): AsyncGenerator<Figure> {
  const copy = await copyProject()
  const timed = async (what: string, most: number, command: readonly string[]): Promise<Figure> => {
    const began = performance.now()
    await run(process.execPath, command, { cwd: copy.root, maxBuffer: 2 ** 24, timeout: 2 * most })
    return { what: `${what}, ms`, value: Math.round(performance.now() - began), most }
  }
  try {
    await declareMany(join(copy.root, 'pipeline'), scale)
    yield timed('npm run generate', MINUTE, ['deploy/generate.ts'])
    const framework = join('node_modules', 'serverless', 'bin', 'serverless.js')
    const packaging = ['package', '--stage', STAGE, '--package', 'packaged']
    yield timed('npx serverless package', 5 * MINUTE, [framework, ...packaging])
    yield* ofTemplate(join(copy.root, 'packaged', 'cloudformation-template-update-stack.json'))
    const largest = await largestFunction(copy.root)
    yield {
      what: `bytes of the function ${largest.name} with its layers`,
      value: largest.bytes,
      most: UNPACKED,
    }
    const { ms, mb } = await startOfContracts(copy.root)
    yield { what: 'start of the compiled contracts, ms', value: Math.round(ms), most: INIT_MS }
    yield { what: 'memory of the compiled contracts, MB', value: Math.round(mb), most: 512 }
    const { startMs, answers } = await startPlatform(copy.root)
    yield { what: 'start of one machine, ms', value: Math.round(startMs), most: MINUTE }
    for (const { path, bytes } of answers)
      yield { what: `bytes of ${path}`, value: bytes, most: LAMBDA_ANSWER }
  } finally {
    await copy.remove()
  }
}

/** The fullest of each kind. */
async function* ofTemplate(file: string): AsyncGenerator<Figure> {
  const template = await readTemplate(file)
  for (const { what, most, of } of LIMITS) {
    const [fullest] = of(template).toSorted((a, b) => b.value - a.value)
    if (fullest !== undefined) yield { what: `${what} (${fullest.place})`, value: fullest.value, most }
  }
}
