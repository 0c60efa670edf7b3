import { type SettingReader, wrong } from './setting.ts'

/** Origins whose pages may use the HTTP API, as browsers write them in the header `Origin`; `*`: all. */
export type Origins = '*' | readonly string[]

/** Does a page of this origin belong to them? */
export function allowsOrigin(origins: Origins, origin: string): boolean {
  return origins === '*' || origins.includes(origin)
}

/**
 * Reads `https://shop.example,http://localhost:3000`, or `*`. Origins are compared letter by letter with what
 * a browser sends, so one that no browser sends would be ignored, and is refused. `null` is what pages
 * without an origin send: files, sandboxed frames, and in some browsers beacons of pages that send no
 * referrer.
 */
export const origins: SettingReader<Origins> = text => {
  if (text === '*') return '*'
  return text.split(',').map(one => asSent(one.trim()))
}

const MORE = 'origins such as https://shop.example,http://localhost:3000, or * for all'

/** Of schemes other than the web's, such as an app's `capacitor://localhost`, URL knows no origin. */
const OF_AN_APP = /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[^\s/?#,*]+$/

function asSent(text: string): string {
  if (text === 'null' || OF_AN_APP.test(text)) return text
  if (text.includes('*')) return wrong(`${MORE}; part of an origin cannot be *`)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return wrong(MORE)
  if (url.origin !== text) return wrong(`${MORE}; browsers send ${url.origin}`)
  return text
}
