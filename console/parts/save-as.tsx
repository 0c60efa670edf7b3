import { useState } from 'preact/hooks'
import type { Answer } from '../data/failure.ts'
import { texts } from '../texts/texts.ts'
import { download } from './download.ts'

const FILES = [
  ['csv', 'text/csv'],
  ['parquet', 'application/vnd.apache.parquet'],
] as const

type SaveAsProps = {
  /** Of the file, without its ending. */
  readonly name: string
  /** Asks for the answer in a type. */
  readonly ask: (type: string) => Promise<Answer<Blob>>
}

/** The whole answer with all digits, as a file of either kind. */
export function SaveAs({ name, ask }: SaveAsProps) {
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)
  const save = async (type: string, ending: string) => {
    setBusy(true)
    const answer = await ask(type)
    setBusy(false)
    setProblem(answer.ok ? '' : answer.failure.detail)
    if (answer.ok) download(`${name}.${ending}`, answer.value, type)
  }
  return (
    <div class="row">
      <span class="problem" role="status">
        {problem}
      </span>
      {FILES.map(([ending, type]) => (
        <button
          key={ending}
          type="button"
          class="button"
          disabled={isBusy}
          onClick={() => void save(type, ending)}
        >
          {texts.saveAs[ending]}
        </button>
      ))}
    </div>
  )
}
