import { createEventReader, type ServerEvent } from '../../core/follow/server-events.ts'
import { texts } from '../texts/texts.ts'
import { type Answer, type Failure, failureOf, refusedInFront } from './failure.ts'
import { key, signOut } from './key.ts'

/** Longest time a call may take, ms; the platform's own is 30 s. */
const TIMEOUT_MS = 31_000

/** GET of JSON. */
export const get = <T>(path: string): Promise<Answer<T>> =>
  call(path, {}, answer => answer.json() as Promise<T>)

/** GET of text of a type. */
export const getText = (path: string, accept: string): Promise<Answer<string>> =>
  call(path, { headers: { accept } }, answer => answer.text())

/** GET of a file of a type. */
export const getFile = (path: string, accept: string): Promise<Answer<Blob>> =>
  call(path, { headers: { accept } }, answer => answer.blob())

/** POST of JSON, answered by JSON. */
export const post = <T>(path: string, body: unknown): Promise<Answer<T>> =>
  postText<T>(path, JSON.stringify(body), 'application/json')

/** POST of a text of a type, answered by JSON. */
export const postText = <T>(path: string, body: string, type: string): Promise<Answer<T>> =>
  call(
    path,
    { method: 'POST', body, headers: { 'content-type': type } },
    answer => answer.json() as Promise<T>,
  )

/** POST of JSON, answered by a file of a type. */
export const postForFile = (path: string, body: unknown, accept: string): Promise<Answer<Blob>> =>
  call(
    path,
    { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', accept } },
    answer => answer.blob(),
  )

/** DELETE, answered by JSON. */
export const remove = <T>(path: string): Promise<Answer<T>> =>
  call(path, { method: 'DELETE' }, answer => answer.json() as Promise<T>)

/** One call with the key of this page. Every failure is a value; a key that is not known signs out. */
async function call<T>(
  path: string,
  init: RequestInit,
  read: (answer: Response) => Promise<T>,
): Promise<Answer<T>> {
  try {
    const answer = await fetch(path, {
      ...init,
      credentials: 'omit',
      headers: { ...init.headers, authorization: `Bearer ${key.value ?? ''}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (answer.ok) return { ok: true, value: await read(answer) }
    return { ok: false, failure: signingOut(await failureIn(answer)) }
  } catch (error) {
    return { ok: false, failure: unreachable(error) }
  }
}

/** Why an answer is none. */
export async function failureIn(answer: Response): Promise<Failure> {
  const kind = refusedInFront(answer.status, answer.headers.get('content-type'))
  if (kind === 'absent') return { kind, detail: insteadOf(new URL(answer.url).pathname) }
  if (kind === 'unauthenticated') return { kind, detail: texts.states.unknownKey }
  return failureOf(answer.status, await detailOf(answer))
}

const insteadOf = (path: string): string =>
  texts.absent.find(([pattern]) => pattern.test(path))?.[1] ?? texts.states.absentBody

function signingOut(failure: Failure): Failure {
  if (failure.kind === 'unauthenticated') signOut(failure.detail)
  return failure
}

/** The platform writes something every 15 s; after so much silence nobody is there, ms. */
const SILENCE_MS = 45_000

/**
 * Reads server-sent events until they end, or `signal` ends them.
 *
 * @param lastId of the last event that was read before
 * @returns why there are none; undefined where there were some, and others may come
 */
export async function readEvents(
  path: string,
  lastId: string | undefined,
  tell: (event: ServerEvent) => void,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const silence = new AbortController()
  let timer = 0
  const heard = (): void => {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => silence.abort(), SILENCE_MS)
  }
  heard()
  let isOpen = false
  try {
    const answer = await fetch(path, {
      credentials: 'omit',
      headers: {
        authorization: `Bearer ${key.value ?? ''}`,
        ...(lastId !== undefined && { 'last-event-id': lastId }),
      },
      signal: AbortSignal.any([signal, silence.signal]),
    })
    if (!answer.ok || answer.body === null) return signingOut(await failureIn(answer))
    isOpen = true
    const read = createEventReader(tell)
    const texts = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await texts.read(); !part.done; part = await texts.read()) {
      heard()
      read(part.value)
    }
    return undefined
  } catch (error) {
    return isOpen || signal.aborted ? undefined : unreachable(error)
  } finally {
    window.clearTimeout(timer)
  }
}

async function detailOf(answer: Response): Promise<string> {
  const text = await answer.text()
  try {
    return String((JSON.parse(text) as { readonly detail?: unknown }).detail ?? text)
  } catch {
    return text === '' ? `${answer.status} ${answer.statusText}` : text.slice(0, 500)
  }
}

function unreachable(error: unknown): Failure {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError'
  return { kind: 'unreachable', detail: isLate ? texts.states.late : texts.states.noConnection }
}
