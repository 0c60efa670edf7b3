import { signal } from '@preact/signals'
import { texts } from '../texts/texts.ts'

/**
 * The key that calls are made with. It is in the memory of this page and of the platform's other pages that
 * are open, and nowhere else: no storage, no cookie, no address (decision 0079).
 */
export const key = signal<string | undefined>(undefined)

/** What the sign-in form says at first: why one has to sign in again. */
export const signInNote = signal('')

type Message =
  | { readonly kind: 'ask' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'forget' }

/** Pages of one origin alone hear each other. */
const channel = new BroadcastChannel('tributary-console')

/** How long a page that has just been opened waits for another one to hand over its key, ms. */
const HAND_OVER_MS = 200

export function signIn(secret: string): void {
  signInNote.value = ''
  key.value = secret
}

/** Forgets the key, here and in every other page. */
export function signOut(note = ''): void {
  tell({ kind: 'forget' })
  forget(note)
}

/**
 * Signs in with what is at hand: the one-time code of the address, or the key of another page that is open.
 */
export async function signInByItself(): Promise<void> {
  channel.addEventListener('message', hear)
  const code = takeCode()
  if (code !== undefined) return exchange(code)
  tell({ kind: 'ask' })
  await new Promise(resolve => setTimeout(resolve, HAND_OVER_MS))
}

function hear({ data }: MessageEvent<Message>): void {
  if (data.kind === 'ask' && key.value !== undefined) tell({ kind: 'key', key: key.value })
  if (data.kind === 'key' && key.value === undefined) signIn(data.key)
  if (data.kind === 'forget') forget('')
}

function forget(note: string): void {
  key.value = undefined
  signInNote.value = note
}

function tell(message: Message): void {
  channel.postMessage(message)
}

/** The code goes out of the address, and so out of the history, before it is used. */
function takeCode(): string | undefined {
  const code = new URLSearchParams(location.hash.slice(1)).get('code')
  if (code === null) return undefined
  history.replaceState(null, '', location.pathname + location.search)
  return code
}

async function exchange(code: string): Promise<void> {
  try {
    const answer = await fetch('/console/key', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
      signal: AbortSignal.timeout(10_000),
    })
    const body = (await answer.json()) as { readonly key?: string; readonly detail?: string }
    if (answer.ok && body.key !== undefined) signIn(body.key)
    else signInNote.value = body.detail ?? texts.signIn.linkFailed
  } catch {
    signInNote.value = texts.signIn.linkFailed
  }
}
