import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CACHING, PAGES, typeOfFile } from '../../core/api/console-page.ts'

/** Where `npm run build:console` puts the console, as `npm ci` does. */
const FOLDER = resolve(import.meta.dirname, '../../console/dist')

/** An object of a bucket, as S3's `PutObject` takes it. */
export type ConsoleObject = {
  readonly Key: string
  readonly Body: Buffer
  readonly ContentType: string
  readonly CacheControl: string
}

/**
 * What stands in the bucket: each asset under its own name, and the page under the name of every address
 * that is one, so that an address that is none is not found. Assets come first: a page names none that is not
 * there yet. Those of older builds stay, for pages that are open; a build is 200 KB.
 *
 * @throws Error where the console has not been built, with the remedy
 */
export async function consoleObjects(folder = FOLDER): Promise<readonly ConsoleObject[]> {
  const page = await readFile(join(folder, 'index.html')).catch((cause: unknown) => {
    throw new Error(`${folder} has no console; run npm run build:console, and deploy again`, { cause })
  })
  const names = (await readdir(join(folder, 'assets'))).sort()
  const assets = await Promise.all(
    names.map(async name => ({
      ...{ Key: `assets/${name}`, Body: await readFile(join(folder, 'assets', name)) },
      ...{ ContentType: typeOfFile(name), CacheControl: CACHING.asset },
    })),
  )
  const pages = PAGES.map(path => ({
    ...{ Key: path === '/' ? 'index.html' : path.slice(1), Body: page },
    ...{ ContentType: typeOfFile('index.html'), CacheControl: CACHING.page },
  }))
  return [...assets, ...pages]
}

/** Writes objects one after another, so that the order of `consoleObjects` is that in which they appear. */
export async function uploadConsole(
  objects: readonly ConsoleObject[],
  put: (object: ConsoleObject) => Promise<unknown>,
): Promise<void> {
  for (const object of objects) await put(object)
}
