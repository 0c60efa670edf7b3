import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROJECT = resolve(import.meta.dirname, '..', '..')

/** An installed package is JavaScript, and declarations name it. */
const IS_PACKAGE = import.meta.filename.endsWith('.js')

/** What declarations import of the project, and what says that they are modules. */
const LINKS = ['core', 'node_modules', 'package.json']

/**
 * The remedy where a declaration cannot import what the project has, since its folder is elsewhere:
 * declarations name it by its path from `pipeline/`. Undefined where a failure is of another kind.
 *
 * @param folder of the pipeline
 */
export function remedyOutside(failure: unknown, folder: string): string | undefined {
  const beside = resolve(folder, '..')
  const missing = missingFrom(failure, beside)
  if (IS_PACKAGE)
    return missing?.startsWith('core/') ? "import it from 'tributary', not by a path" : undefined
  if (beside === PROJECT || missing === undefined || !existsSync(join(PROJECT, missing))) return undefined
  const links = LINKS.map(name => quoted(join(PROJECT, name))).join(' ')
  return `the folder is outside of the project, whose files it imports; put links to them beside it: ln -s ${links} ${quoted(beside)}`
}

/** The path, from the project's folder on, of a module that was not found. */
function missingFrom(failure: unknown, beside: string): string | undefined {
  const { code, url, message } = failure as { code?: unknown; url?: string; message?: string }
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined
  if (url !== undefined) return relative(beside, fileURLToPath(url))
  const name = /^Cannot find package '([^']+)'/.exec(message ?? '')?.[1]
  return name === undefined ? undefined : join('node_modules', name)
}

/** For a shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
