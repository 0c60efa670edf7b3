import { CACHING, PAGES, SECURITY_HEADERS } from '../../core/api/console-page.ts'
import { TributaryError } from '../../core/errors.ts'
import { type HttpEvent, type HttpHandler, type HttpResponse, json } from '../../functions/middleware/http.ts'
import { jsonObject } from '../../functions/middleware/json-body.ts'
import { failureResponse } from '../../functions/middleware/problem.ts'
import type { Routes } from '../http/http-router.ts'
import type { ConsoleFile, ConsoleFiles } from './console-files.ts'
import type { SignIn } from './sign-in.ts'

export const EXCHANGE = 'POST /console/key'

type ConsoleDeps = {
  /** Undefined: it has not been built. */
  readonly files: ConsoleFiles | undefined
  readonly signIn: Pick<SignIn, 'exchange'>
  readonly report: Parameters<typeof failureResponse>[1]
}

/** The console's own routes: its pages, its assets, and the exchange of a sign-in code for the key. */
export function consoleRoutes({ files, signIn, report }: ConsoleDeps): Routes {
  const guarded =
    (work: (event: HttpEvent) => HttpResponse): HttpHandler =>
    async event => {
      try {
        return work(event)
      } catch (error) {
        return failureResponse(error, report, event.routeKey)
      }
    }
  const page = guarded(event => fileAnswer(event, built(files).page, CACHING.page))
  return {
    ...Object.fromEntries(PAGES.map(path => [`GET ${path}`, page])),
    'GET /assets/{name}': guarded(event => assetAnswer(event, built(files))),
    [EXCHANGE]: guarded(event => keyAnswer(event, signIn)),
  }
}

function built(files: ConsoleFiles | undefined): ConsoleFiles {
  if (files !== undefined) return files
  throw new TributaryError(
    'not_found',
    'the console has not been built; run npm run build:console, and start again',
  )
}

function assetAnswer(event: HttpEvent, { assets }: ConsoleFiles): HttpResponse {
  const asset = assets.get(event.pathParameters?.['name'] ?? '')
  if (asset === undefined)
    throw new TributaryError('not_found', 'the console has no such file; load the page again')
  return fileAnswer(event, asset, CACHING.asset)
}

function fileAnswer({ headers }: HttpEvent, file: ConsoleFile, cache: string): HttpResponse {
  const isZipped = file.gzipped !== undefined && /\bgzip\b/.test(headers['accept-encoding'] ?? '')
  return {
    statusCode: 200,
    headers: {
      ...{ 'content-type': file.type, 'cache-control': cache, vary: 'accept-encoding', ...SECURITY_HEADERS },
      ...(isZipped && { 'content-encoding': 'gzip' }),
    },
    body: isZipped ? file.gzipped : file.bytes,
    isBase64Encoded: true,
  }
}

/** The answer is for the page that asked alone: no cache keeps it, and no cookie is set. */
function keyAnswer(event: HttpEvent, signIn: Pick<SignIn, 'exchange'>): HttpResponse {
  const { code } = jsonObject(event, ['code'])
  if (typeof code !== 'string') throw new TributaryError('bad_request', '"code" must be text')
  const answer = json(200, { key: signIn.exchange(code) })
  return { ...answer, headers: { ...answer.headers, 'cache-control': 'no-store' } }
}
