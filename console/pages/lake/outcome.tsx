import { useState } from 'preact/hooks'
import type { LakeAnswer } from '../../data/api.ts'
import { postForFile } from '../../data/client.ts'
import { isNumber, valueText } from '../../data/statements.ts'
import { count, many, span } from '../../parts/format.ts'
import { SaveAs } from '../../parts/save-as.tsx'
import { Loading } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import type { StatementState } from './use-statement.ts'

const words = texts.lake

/** What became of the newest statement. */
export function Outcome({ state }: { readonly state: StatementState }) {
  if (state.kind === 'running') return <Loading />
  if (state.kind === 'cancelled')
    return (
      <div class="state" role="status">
        <h2>{words.cancelled}</h2>
      </div>
    )
  if (state.kind === 'failed')
    return (
      <div class="state" role="alert">
        <h2>{words.failed}</h2>
        {/* The engine points at the place by lines of one width. */}
        <pre class="engine-says">{state.failure.detail}</pre>
      </div>
    )
  return state.kind === 'answered' ? <Answered key={state.sql} sql={state.sql} answer={state.answer} /> : null
}

type AnsweredProps = { readonly sql: string; readonly answer: LakeAnswer }

function Answered({ sql, answer }: AnsweredProps) {
  const { rows, isWhole, ms } = answer
  return (
    <section class="card" aria-label={words.result}>
      <div class="between">
        <h2>
          {words.result}{' '}
          <span class="muted number">
            {many(rows.length, words.rows)} {words.took(span(ms))}
          </span>
        </h2>
        {rows.length > 0 && <SaveAs name="lake" ask={type => postForFile('/v1/lake/query', { sql }, type)} />}
      </div>
      {!isWhole && <p class="notice">{words.cut(count(rows.length))}</p>}
      {rows.length === 0 ? (
        <p class="muted">
          {words.none}. {words.noneNext}
        </p>
      ) : (
        <Rows answer={answer} />
      )}
    </section>
  )
}

/** As many are looked at; each click shows as many more. */
const FEW = 200

function Rows({ answer: { columns, rows } }: { readonly answer: LakeAnswer }) {
  const [most, setMost] = useState(FEW)
  const aligned = columns.map(({ type }) => (isNumber(type) ? 'number' : 'value-cell'))
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <div class="scroll result-rows" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map(({ name, type }, i) => (
                <th key={name} scope="col" class={aligned[i]} title={type}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map((row, at) => (
              <tr key={at}>
                {row.map((value, i) => (
                  <td key={i} class={aligned[i]}>
                    <Value value={value} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > most && (
        <button type="button" class="button" onClick={() => setMost(most + FEW)}>
          {words.more}
        </button>
      )}
    </>
  )
}

/** Longer texts are cut here; a file has all of them. */
const LONGEST = 400

function Value({ value }: { readonly value: unknown }) {
  const text = valueText(value)
  if (text === undefined) return <span class="muted">{words.null}</span>
  return <>{text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}</>
}
