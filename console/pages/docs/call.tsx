import { CodeBlock } from '../../parts/code-block.tsx'
import { TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'
import { type Call, curlOf, kindOf, type Parameter } from './description.ts'

const words = texts.docs

/** A call, closed until somebody wants to know more. */
export function CallCard({ call }: { readonly call: Call }) {
  const { method, path, summary, description, parameters = [], requestBody } = call
  return (
    <details class="card">
      <summary>
        <span class="badge">{method}</span> <code>{path}</code> <span class="muted">{summary}</span>
      </summary>
      <div class="stack">
        <p>{description}</p>
        {parameters.length > 0 && <Parameters parameters={parameters} />}
        {requestBody !== undefined &&
          Object.entries(requestBody.content).map(([type, { schema }]) => (
            <div key={type}>
              <h3>
                {words.body} <code>{type}</code>
              </h3>
              <CodeBlock text={JSON.stringify(schema, null, 2)} />
            </div>
          ))}
        <Answers call={call} />
        <h3>{words.terminal}</h3>
        <CodeBlock text={curlOf(call, location.origin)} />
      </div>
    </details>
  )
}

function Parameters({ parameters }: { readonly parameters: readonly Parameter[] }) {
  return (
    <div class="scroll">
      <table>
        <caption class="visually-hidden">{words.parameters}</caption>
        <TableHead columns={[words.name, words.where, words.kind, words.means]} />
        <tbody>
          {parameters.map(({ name, in: where, required, schema, description }) => (
            <tr key={name}>
              <td>
                <code>{name}</code>
              </td>
              <td class="muted">
                {where}
                {required && `, ${words.required}`}
              </td>
              <td class="muted">{kindOf(schema)}</td>
              <td>{description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Answers({ call: { responses } }: { readonly call: Call }) {
  return (
    <div class="scroll">
      <table>
        <caption class="visually-hidden">{words.answers}</caption>
        <TableHead columns={[words.status, words.means, words.types]} />
        <tbody>
          {Object.entries(responses).map(([status, { description, content = {} }]) => (
            <tr key={status}>
              <td>{status}</td>
              <td>{description}</td>
              <td class="muted">{Object.keys(content).join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
