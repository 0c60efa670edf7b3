import { useEffect, useState } from 'preact/hooks'
import { span } from '../../parts/format.ts'
import { texts } from '../../texts/texts.ts'
import { SqlEditor } from './sql-editor.tsx'
import type { StatementState } from './use-statement.ts'

const words = texts.lake

type StatementProps = {
  readonly text: string
  /** Names that the editor knows. */
  readonly words: readonly string[]
  readonly state: StatementState
  readonly write: (sql: string) => void
  readonly run: () => void
  readonly cancel: () => void
}

/** The statement that is written, and what one does with it. */
export function Statement({ text, words: names, state, write, run, cancel }: StatementProps) {
  const isRunning = state.kind === 'running'
  return (
    <section class="card" aria-label={words.statement}>
      <SqlEditor text={text} names={names} write={write} run={run} />
      <div class="row statement-tools">
        {isRunning ? (
          <button type="button" class="button" onClick={cancel}>
            {texts.cancel}
          </button>
        ) : (
          <button type="button" class="button primary" disabled={text.trim() === ''} onClick={run}>
            {words.run}
          </button>
        )}
        <span class="hint" role="status">
          {isRunning ? <Running since={state.since} /> : words.keys}
        </span>
      </div>
    </section>
  )
}

/** How often the time is said anew, ms. */
const TICK = 500

function Running({ since }: { readonly since: number }) {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), TICK)
    return () => window.clearInterval(timer)
  }, [])
  return <span class="number">{words.running(span(Math.max(0, now - since)))}</span>
}
