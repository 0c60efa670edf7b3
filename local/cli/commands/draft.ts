import { resolve } from 'node:path'
import { MOST_SAMPLES } from '../../../core/declare/drafts/draft-contract.ts'
import { draftDeclarations } from '../../../core/declare/drafts/drafts.ts'
import { parseJson } from '../../../core/json/json.ts'
import { loadPipeline } from '../../../drivers/pipeline/folder.ts'
import { readSettings } from '../../settings.ts'
import { openInput, readEvents } from '../batches.ts'
import { type Environment, print, printError, printLines, Unsuccessful } from '../environment.ts'

export type DraftFlags = {
  readonly type?: string
  readonly metric?: boolean
  readonly pipeline?: string
  readonly json?: boolean
}

/**
 * `tributary contracts draft [file]`: prints the file that samples would be declared by, to be looked at and
 * put into the pipeline. It asks no platform: versions are those of the pipeline's folder.
 */
export async function draft(
  environment: Environment,
  file: string | undefined,
  { type, metric = false, pipeline, json = false }: DraftFlags,
): Promise<void> {
  const folder = pipeline === undefined ? readSettings(environment.variables).pipeline : resolve(pipeline)
  const { contracts } = await loadPipeline(folder)
  const samples: unknown[] = []
  for await (const text of readEvents(openInput(file, environment.input))) {
    samples.push(parseJson(text))
    if (samples.length === MOST_SAMPLES) break
  }
  const drafts = draftDeclarations(samples, type === undefined ? {} : { type }, {}, contracts)
  if (json) return print(environment, JSON.stringify(drafts))
  const { path, text, problem } = metric ? drafts.metric.file : drafts.contract.file
  printLines(environment, text.trimEnd())
  printError(environment, `this belongs into ${path}`)
  if (problem === null) return
  printError(environment, `and is not taken as it is: ${problem}`)
  throw new Unsuccessful()
}
