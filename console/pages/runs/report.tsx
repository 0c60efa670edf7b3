import type { Run } from '../../data/api.ts'
import { metricLines, type TypeLine, typeLines } from '../../data/verdict.ts'
import { count } from '../../parts/format.ts'
import { Moment } from '../../parts/moment.tsx'
import { ofNumbers, TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.runs
const MOST_LINES = 60

/** What a run found, type by type and metric by metric, what differs first; and the whole report. */
export function Report({ run }: { readonly run: Run }) {
  const types = typeLines(run).toSorted((a, b) => b.problems.length - a.problems.length)
  const metrics = metricLines(run).toSorted((a, b) => b.different - a.different)
  return (
    <section class="card">
      <h2>{words.report}</h2>
      {types.length + metrics.length === 0 && (
        <p class="muted">{run.status === 'running' ? words.notCompared : words.nothingCompared}</p>
      )}
      {types.length > 0 && <p class="hint">{words.whatAgrees}</p>}
      {types.length > 0 && (
        <div class="scroll">
          <table>
            <TableHead columns={[words.epoch, words.type, ...words.counts.map(ofNumbers)]} />
            <tbody>
              {types.slice(0, MOST_LINES).map(line => (
                <TypeRow key={`${line.epoch} ${line.type}`} line={line} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {metrics.length > 0 && (
        <div class="scroll">
          <table>
            <TableHead
              columns={[words.epoch, words.metric, ofNumbers(words.compared), ofNumbers(words.different)]}
            />
            <tbody>
              {metrics.slice(0, MOST_LINES).map(({ epoch, metric, compared, different }) => (
                <tr key={`${epoch} ${metric}`}>
                  <td class="number-left">
                    <Moment at={epoch} />
                  </td>
                  <td>{metric}</td>
                  <td class="number">{count(compared)}</td>
                  <td class={different === 0 ? 'number' : 'number problem'}>{count(different)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {Math.max(types.length, metrics.length) > MOST_LINES && (
        <p class="hint">{words.someLines(String(MOST_LINES))}</p>
      )}
      <details>
        <summary>{words.whole}</summary>
        <div class="code">
          <pre>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
            <code tabIndex={0}>{JSON.stringify({ input: run.input, report: run.report }, null, 2)}</code>
          </pre>
        </div>
      </details>
    </section>
  )
}

function TypeRow({ line }: { readonly line: TypeLine }) {
  const { epoch, type, accepted, raw, curated, duplicates, counted, problems } = line
  return (
    <>
      <tr>
        <td class="number-left">
          <Moment at={epoch} />
        </td>
        <td>{type}</td>
        {[accepted, raw, curated, duplicates, counted].map((value, i) => (
          <td key={words.counts[i]} class="number">
            {count(value)}
          </td>
        ))}
      </tr>
      {problems.length > 0 && (
        <tr>
          <td colSpan={7} class="problem">
            {problems.join('; ')}
          </td>
        </tr>
      )}
    </>
  )
}
