import { Link } from '../../app/link.tsx'
import { getFile } from '../../data/client.ts'
import { addressOfNumber } from '../../data/explained.ts'
import { boundsOf, pathOf, type Question, queryOf } from '../../data/question.ts'
import { isLive, keyOf } from '../../data/series.ts'
import { count, measure } from '../../parts/format.ts'
import { Moment } from '../../parts/moment.tsx'
import { SaveAs } from '../../parts/save-as.tsx'
import { ofNumbers, TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'
import type { Answers } from './explore.tsx'

const words = texts.explore

type TableProps = {
  readonly question: Question
  readonly answers: Answers
  readonly most: number
  readonly showMore: () => void
}

/** Every value of the answer, newest window first, and which of them are live. */
export function ResultTable({ question, answers, most, showMore }: TableProps) {
  const { rows, total = rows.length } = answers.merged
  const exact = new Map(answers.batch.rows.map(row => [keyOf(row), row]))
  const measures = question.metric.measures.map(({ name }) => name)
  const shown = rows.toReversed().slice(0, most)
  return (
    <section class="card">
      <div class="between">
        <h2>
          {words.table} <span class="muted number">{words.rows(count(total))}</span>
        </h2>
        <Download question={question} />
      </div>
      {total > rows.length && <p class="notice">{words.tooMany(count(rows.length), count(total))}</p>}
      <div class="scroll">
        <table>
          <TableHead columns={[words.windowUtc, ...question.by, ...measures.map(ofNumbers), words.layer]} />
          <tbody>
            {shown.map(row => (
              <tr key={keyOf(row)}>
                <td class="number-left">
                  <Moment at={row.window} />
                </td>
                {question.by.map(name => (
                  <td key={name}>{groupText(row.group[name])}</td>
                ))}
                {measures.map(name => (
                  <td key={name} class="number">
                    <Explained question={question} row={row} name={name} />
                  </td>
                ))}
                <td>
                  <LayerBadge isLive={isLive(row, exact.get(keyOf(row)))} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > most && (
        <button type="button" class="button" onClick={showMore}>
          {words.more}
        </button>
      )}
    </section>
  )
}

type ExplainedProps = {
  readonly question: Question
  readonly row: Answers['merged']['rows'][number]
  readonly name: string
}

/** A number that leads to what it is made of. */
function Explained({ question, row, name }: ExplainedProps) {
  return (
    <Link href={addressOfNumber(question, row, name)} class="explains" title={texts.explain.link}>
      {measure(row.values[name])}
    </Link>
  )
}

function LayerBadge({ isLive: live }: { readonly isLive: boolean }) {
  return live ? <span class="badge live">{words.live}</span> : <span class="badge">{words.batch}</span>
}

/** Null, missing and "" are three different groups. */
function groupText(value: unknown): string {
  if (value === undefined) return words.missing
  return value === '' ? '""' : String(value)
}

/** The whole answer with all digits, as the API gives it. */
function Download({ question }: { readonly question: Question }) {
  const address = () => `${pathOf(question)}?${queryOf(question, boundsOf(question, Date.now()))}`
  return <SaveAs name={question.metric.name} ask={type => getFile(address(), type)} />
}
