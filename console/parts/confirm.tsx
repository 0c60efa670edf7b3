import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { texts } from '../texts/texts.ts'

type ConfirmProps = {
  readonly title: string
  readonly button: string
  readonly close: () => void
  /** Does it; answers what went wrong, or nothing. */
  readonly work: (given: FormData) => Promise<string | undefined>
  readonly children: ComponentChildren
}

/** Asks before something is done. Escape, and the button beside it, leave things as they are. */
export function Confirm({ title, button, close, work, children }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)
  useEffect(() => dialog.current?.showModal(), [])
  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    const went = await work(new FormData(event.target as HTMLFormElement))
    setBusy(false)
    if (went === undefined) close()
    else setProblem(went)
  }
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="confirm-title">
      <form onSubmit={event => void submit(event)}>
        <h2 id="confirm-title">{title}</h2>
        {children}
        <p class="problem" role="alert">
          {problem}
        </p>
        <div class="row">
          <button type="button" class="button" onClick={close}>
            {texts.cancel}
          </button>
          <button type="submit" class="button primary" disabled={isBusy}>
            {button}
          </button>
        </div>
      </form>
    </dialog>
  )
}
