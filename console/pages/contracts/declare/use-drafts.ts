import { useRef, useState } from 'preact/hooks'
import type { DraftRequest, Drafts } from '../../../data/api.ts'
import { post } from '../../../data/client.ts'
import type { Failure } from '../../../data/failure.ts'
import { NO_OBJECTS, samplesOf } from '../../../data/pasted/samples.ts'
import { texts } from '../../../texts/texts.ts'

const words = texts.declare

export type ContractChoices = NonNullable<DraftRequest['contract']>
export type MetricChoices = NonNullable<DraftRequest['metric']>

export type DraftState = {
  readonly drafts: Drafts | undefined
  readonly failure: Failure | undefined
  /** What is wrong with the pasted text. */
  readonly problem: string
  /** Begins anew with the samples of a text. */
  readonly begin: (text: string) => void
  readonly chooseContract: (choices: ContractChoices) => void
  readonly chooseMetric: (choices: MetricChoices) => void
}

/** Drafts by the platform of what is pasted and chosen: each choice is asked for at once. */
export function useDrafts(): DraftState {
  const [drafts, setDrafts] = useState<Drafts>()
  const [failure, setFailure] = useState<Failure>()
  const [problem, setProblem] = useState('')
  const request = useRef<DraftRequest>({ samples: [] })
  const turn = useRef(0)
  const ask = async (next: DraftRequest): Promise<void> => {
    request.current = next
    const mine = ++turn.current
    const answer = await post<Drafts>('/v1/contracts/draft', next)
    // What was chosen since is asked for already.
    if (mine !== turn.current) return
    setFailure(answer.ok ? undefined : answer.failure)
    if (answer.ok) setDrafts(answer.value)
  }
  return {
    drafts,
    failure,
    problem,
    begin(text) {
      const samples = samplesOf(text)
      setProblem(
        typeof samples !== 'string' ? '' : samples === NO_OBJECTS ? words.noObjects : words.noJson(samples),
      )
      if (typeof samples !== 'string') void ask({ samples: [...samples] })
    },
    chooseContract(choices) {
      const { contract = {} } = request.current
      const fields = { ...contract.fields, ...choices.fields }
      void ask({ ...request.current, contract: { ...contract, ...choices, fields } })
    },
    chooseMetric(choices) {
      void ask({ ...request.current, metric: { ...request.current.metric, ...choices } })
    },
  }
}
