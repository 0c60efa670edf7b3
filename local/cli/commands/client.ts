import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { pythonTypes } from '../../../core/clients/python.ts'
import { typescriptTypes } from '../../../core/clients/typescript.ts'
import type { Pipeline } from '../../../core/declare/pipeline.ts'
import { TributaryError } from '../../../core/errors.ts'
import { loadPipeline } from '../../../drivers/pipeline/folder.ts'
import { readSettings } from '../../settings.ts'
import { type Environment, print } from '../environment.ts'

export type ClientFlags = { readonly out: string; readonly pipeline?: string }

type Language = {
  /** File that sends and asks, over types of which it has a stand-in. */
  readonly file: string
  readonly types: (pipeline: Pipeline) => string
  /** Begins a comment. */
  readonly comment: string
}

/** By the ending of the file's name. */
const LANGUAGES: Readonly<Record<string, Language>> = {
  '.py': { file: 'python.py', types: pythonTypes, comment: '#' },
  '.ts': { file: 'typescript.ts', types: typescriptTypes, comment: '//' },
}

/**
 * `tributary client --out src/tributary.ts`: a client of one file, with a type for the data of each event
 * and the answer of each metric. It reads declarations alone.
 */
export async function writeClient(environment: Environment, { out, pipeline }: ClientFlags): Promise<void> {
  const language = LANGUAGES[extname(out)]
  if (language === undefined)
    throw new TributaryError(
      'invalid_setting',
      `--out "${out}" ends with no language that clients are made in; end it with ${Object.keys(LANGUAGES).join(' or ')}`,
    )
  const folder = pipeline === undefined ? readSettings(environment.variables).pipeline : resolve(pipeline)
  const declared = await loadPipeline(folder)
  await mkdir(dirname(resolve(out)), { recursive: true })
  await writeFile(resolve(out), clientText(language, declared))
  const [types, metrics] = [declared.latest.size, declared.metrics.length]
  print(environment, `${out}: a client for ${types} types of events and ${metrics} metrics`)
}

const STAND_IN = /^(?:\/\/|#) <declared>\n.*?^(?:\/\/|#) <\/declared>\n/ms

function clientText({ file, types, comment }: Language, pipeline: Pipeline): string {
  const text = readFileSync(new URL(`../typed-client/${file}`, import.meta.url), 'utf8')
  const head = `${comment} Made by \`tributary client\` of the declarations: change those, and make it again.\n`
  // A function, since "$&" in a title would stand for what is replaced.
  return head + text.replace(STAND_IN, () => `${types(pipeline)}\n`)
}
