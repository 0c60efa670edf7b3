import { join } from 'node:path'
import type { HttpDeps } from '../../functions/middleware/http.ts'
import type { Routes } from '../http/http-router.ts'
import { readConsole } from './console-files.ts'
import { consoleRoutes } from './console-routes.ts'
import { createSignIn } from './sign-in.ts'

/** The web console of a platform on one machine. */
export type Console = {
  readonly routes: Routes
  /**
   * What the start says of it: a way in that is good once, or what is missing.
   *
   * @param url of the platform
   */
  text(url: string): string
}

/** Where `npm run build:console` puts it. */
const FOLDER = join(import.meta.dirname, '..', '..', 'console', 'dist')

/** @param key handed to whoever has a sign-in link; undefined where keys were set, and people have theirs */
export async function openConsole(
  key: string | undefined,
  report: HttpDeps['report'],
  folder = FOLDER,
): Promise<Console> {
  const files = await readConsole(folder)
  const signIn = createSignIn(key, Date.now)
  return {
    routes: consoleRoutes({ files, signIn, report }),
    text(url) {
      if (files === undefined) return 'not built; run npm run build:console, and start again'
      const code = signIn.code()
      if (code === undefined) return `${url}/   (asks for one of your keys)`
      return `${url}/#code=${code}   (signs in once, within an hour)`
    },
  }
}
