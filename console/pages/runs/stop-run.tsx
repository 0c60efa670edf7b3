import { useState } from 'preact/hooks'
import type { Run } from '../../data/api.ts'
import { post } from '../../data/client.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.runs.stop

/** Ends a run that goes on, after a question; says so while its state is still at work. */
export function StopRun({ run, again }: { readonly run: Run; readonly again: () => void }) {
  const [isOpen, setOpen] = useState(false)
  if (run.status !== 'running') return null
  if (run.stoppedBy !== undefined)
    return (
      <p class="notice" role="status">
        {words.stopping(run.stoppedBy, run.states.at(-1)?.name ?? '')}
      </p>
    )
  const stop = async () => {
    const answer = await post<Run>(`/v1/runs/${encodeURIComponent(run.id)}/stop`, {})
    if (!answer.ok) return answer.failure.detail
    again()
    return undefined
  }
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        {words.stop}…
      </button>
      {isOpen && (
        <Confirm
          title={words.title(run.machine)}
          button={words.stop}
          close={() => setOpen(false)}
          work={stop}
        >
          <p>{words.body}</p>
        </Confirm>
      )}
    </>
  )
}
