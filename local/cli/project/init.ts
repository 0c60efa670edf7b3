import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { TributaryError } from '../../../core/errors.ts'
import { type Environment, print } from '../environment.ts'
import { DECLARATIONS } from './new-declarations.ts'
import { PROJECT } from './new-files.ts'
import { ownPackage } from './own-package.ts'
import { completed, type Dependency, newPackageJson } from './package-json.ts'

export type InitFlags = { readonly package?: string }

const FILES: Readonly<Record<string, string>> = { ...PROJECT, ...DECLARATIONS }

/**
 * `tributary init [folder]`: a new project that depends on the package. Nothing that is there is overwritten:
 * where a file is in the way, none is written. Only a `package.json`, which npm itself makes where a package
 * is installed, is completed by what it lacks.
 */
export async function init(
  environment: Environment,
  folder: string | undefined,
  flags: InitFlags,
): Promise<void> {
  const root = resolve(folder ?? '.')
  const dependency = dependencyOf(root, flags.package)
  const inTheWay = Object.keys(FILES).filter(name => existsSync(join(root, name)))
  if (inTheWay.length > 0)
    throw new TributaryError(
      'conflict',
      `${inTheWay.join(', ')} ${inTheWay.length === 1 ? 'is' : 'are'} in the way in ${root}; nothing was written. Make the project in a folder of its own: npx tributary init shop`,
    )
  const manifest = manifestOf(root, dependency)
  for (const [name, text] of Object.entries(FILES)) await writeNew(join(root, name), text)
  // Last, and in place of one that npm made.
  if (manifest !== undefined) await writeFile(join(root, 'package.json'), manifest)
  const place = relative(process.cwd(), root)
  print(
    environment,
    `${root}: a new project of ${Object.keys(FILES).length + 1} files; README.md says what they are`,
  )
  print(environment, `next: ${place === '' ? '' : `cd ${place} && `}npm install && npm test && npm start`)
}

function manifestOf(root: string, dependency: Dependency): string | undefined {
  const path = join(root, 'package.json')
  if (existsSync(path)) return completed(readFileSync(path, 'utf8'), dependency)
  return newPackageJson(packageName(basename(root)), dependency)
}

/** A path is meant from where the command runs, and is read by npm from the project. */
function dependencyOf(root: string, given: string | undefined): Dependency {
  const { name, version } = ownPackage()
  if (given === undefined) return { name, version: `^${version}` }
  const isPath = /^[./~]|\.tgz$/.test(given) && !/^[a-z]+:/.test(given)
  return { name, version: isPath ? `file:${relative(root, resolve(given)) || '.'}` : given }
}

/** Names of packages are lower case, and begin with a letter or digit. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return name === '' || name === ownPackage().name ? 'my-events' : name
}

/** @throws TributaryError `conflict` where somebody has made the file meanwhile */
async function writeNew(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause
    throw new TributaryError('conflict', `${path} is in the way`, { cause })
  })
}
