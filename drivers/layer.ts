import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/**
 * Where Lambda puts the packages of Node layers (AWS Lambda developer guide, "Packaging your layer content").
 */
const LAYER = '/opt/nodejs/'

/**
 * The address, for `import()`, of a package that a Lambda layer brings. `import` knows neither layers nor
 * NODE_PATH; `require` knows both, so its way of finding packages is used: /opt/nodejs, then the folders of
 * NODE_PATH, then those around this module.
 *
 * @throws Error of Node, code MODULE_NOT_FOUND
 */
export function urlInLayer(name: string): string {
  return pathToFileURL(finderOf(name).resolve(name)).href
}

/** A CommonJS package that a Lambda layer brings, found in the same places. */
export function requireFromLayer(name: string): unknown {
  return finderOf(name)(name)
}

/** The `require` that finds the package. */
function finderOf(name: string): NodeJS.Require {
  const inLayer = createRequire(LAYER)
  try {
    inLayer.resolve(name)
    return inLayer
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    return createRequire(import.meta.url)
  }
}
