import { useState } from 'preact/hooks'
import type { Replayed } from '../../data/api.ts'
import { post } from '../../data/client.ts'
import type { Answer } from '../../data/failure.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { count } from '../../parts/format.ts'
import { texts } from '../../texts/texts.ts'

const words = texts.rejected

type ReplayProps = {
  /** Empty: all types. */
  readonly type: string
  /** ISO instant. */
  readonly from: string
  readonly open: number
  readonly done: () => void
}

/** Sends the rejected events of the selection again, after a question. */
export function Replay({ type, from, open, done }: ReplayProps) {
  const [isOpen, setOpen] = useState(false)
  const [outcome, setOutcome] = useState('')
  const work = async () => {
    const total = { replayed: 0, stillRejected: 0, refused: 0 }
    let after: string | null = null
    do {
      const answer: Answer<Replayed> = await post<Replayed>('/v1/rejected/replay', {
        from,
        ...(type !== '' && { type }),
        ...(after !== null && { after }),
      })
      if (!answer.ok) return answer.failure.detail
      total.replayed += answer.value.replayed
      total.stillRejected += answer.value.stillRejected
      total.refused += answer.value.refused
      // What the stream refused for now would be refused again at once.
      after = answer.value.refused > 0 ? null : answer.value.next
    } while (after !== null)
    setOutcome(words.outcome(count(total.replayed), count(total.stillRejected), count(total.refused)))
    done()
    return undefined
  }
  return (
    <>
      <span role="status" class="muted">
        {outcome}
      </span>
      <button type="button" class="button primary" disabled={open === 0} onClick={() => setOpen(true)}>
        {words.replay}…
      </button>
      {isOpen && (
        <Confirm
          title={words.replayTitle(count(open))}
          button={words.replay}
          close={() => setOpen(false)}
          work={work}
        >
          <p>{words.replayBody(type === '' ? words.allTypes : type)}</p>
        </Confirm>
      )}
    </>
  )
}
