import { useState } from 'preact/hooks'
import { ThemeSwitch } from '../app/shell.tsx'
import { failureIn } from '../data/client.ts'
import { key, signIn, signInNote } from '../data/key.ts'
import mark from '../mark.svg'
import { texts } from '../texts/texts.ts'

/**
 * Asks for a key, and checks it before it is kept. The fields are those of a sign-in as password managers
 * know it: one of them may keep the key, encrypted, where the console itself stores nothing.
 */
export function SignIn() {
  const [isChecking, setChecking] = useState(false)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const secret = String(new FormData(event.target as HTMLFormElement).get('key') ?? '').trim()
    if (secret === '') {
      signInNote.value = texts.signIn.empty
      return
    }
    setChecking(true)
    const problem = await problemOf(secret)
    setChecking(false)
    if (problem === undefined) signIn(secret)
    else signInNote.value = problem
  }
  return (
    <main class="sign-in" id="page">
      <form class="card" onSubmit={event => void submit(event as unknown as SubmitEvent)}>
        <p class="brand">
          <img src={mark} alt="" width="28" height="28" />
          {texts.title}
        </p>
        <h1>{texts.signIn.heading}</h1>
        <p class="muted">{texts.signIn.lead}</p>
        <input
          class="hidden"
          type="text"
          name="username"
          value="tributary"
          autocomplete="username"
          readOnly
          tabIndex={-1}
          aria-hidden="true"
        />
        <label for="key">{texts.signIn.label}</label>
        <input
          id="key"
          name="key"
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          aria-describedby="key-hint key-note"
        />
        <p id="key-note" class="problem" role="alert">
          {signInNote.value}
        </p>
        <button type="submit" class="button primary" disabled={isChecking}>
          {isChecking ? texts.signIn.checking : texts.signIn.button}
        </button>
        <p id="key-hint" class="hint">
          {texts.signIn.hint} {texts.signIn.privacy}
        </p>
        <p class="hint">{texts.signIn.where}</p>
      </form>
      <ThemeSwitch />
    </main>
  )
}

/** Undefined where the key is known, whatever it may do: each page says what it may not. */
async function problemOf(secret: string): Promise<string | undefined> {
  try {
    const answer = await fetch('/v1/metrics', {
      credentials: 'omit',
      headers: { authorization: `Bearer ${secret}` },
      signal: AbortSignal.timeout(10_000),
    })
    if (answer.ok) return undefined
    const { kind, detail } = await failureIn(answer)
    return kind === 'unauthenticated' ? detail : undefined
  } catch {
    return key.value === undefined ? texts.states.noConnection : undefined
  }
}
