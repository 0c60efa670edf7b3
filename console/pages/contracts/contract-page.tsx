import { Link } from '../../app/link.tsx'
import { addressOf } from '../../data/address.ts'
import { get } from '../../data/client.ts'
import { eventOf, exampleOf, type Schema } from '../../data/example.ts'
import { useLive } from '../../data/live.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Shown } from '../../parts/shown.tsx'
import { ofNumbers, TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'
import type { Contract } from './contracts.tsx'
import { TryIt } from './try-it.tsx'

const words = texts.contracts

/** One version of a contract: what its events are, and what is done with them. */
export function ContractPage({
  contract,
  versions,
}: {
  readonly contract: Contract
  readonly versions: readonly Contract[]
}) {
  const { type, version, title, description } = contract
  return (
    <div class="stack">
      <section class="card">
        <div class="between">
          <h2 class="large">{title}</h2>
          <Versions contract={contract} versions={versions} />
        </div>
        <p class="muted">{description}</p>
        <Facts contract={contract} />
      </section>
      <section class="card">
        <h2>{words.fields}</h2>
        <Fields contract={contract} />
      </section>
      <SchemaAndSample key={`${type} ${version}`} contract={contract} />
    </div>
  )
}

function Versions({
  contract,
  versions,
}: {
  readonly contract: Contract
  readonly versions: readonly Contract[]
}) {
  return (
    <nav class="tabs" aria-label={words.versions}>
      {versions.map(({ type, version, latest }) => (
        <Link
          key={version}
          class="tab"
          href={addressOf('/contracts', { type, version: String(version) })}
          isCurrent={version === contract.version}
        >
          {words.version(String(version))}
          {latest ? ` · ${words.latest}` : ''}
        </Link>
      ))}
    </nav>
  )
}

function Facts({ contract: { type, partitionBy, subject, dedupe } }: { readonly contract: Contract }) {
  const facts = [
    [words.type, type],
    [words.partitionBy, partitionBy.join(', ')],
    [words.subject, subject ?? texts.units.none],
    [words.dedupe, dedupe],
  ] as const
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Fields({ contract: { fields, sensitive } }: { readonly contract: Contract }) {
  return (
    <div class="scroll">
      <table>
        <TableHead
          columns={[words.field, words.kind, words.mayBe, ofNumbers(words.scale), words.sensitivity]}
        />
        <tbody>
          {fields.map(({ name, kind, nullable, optional, scale }) => (
            <tr key={name}>
              <td>
                <code>{name}</code>
              </td>
              <td>{kind}</td>
              <td class="muted">
                {[nullable ? words.nullable : '', optional ? words.optional : ''].filter(Boolean).join(', ')}
              </td>
              <td class="number">{scale ?? ''}</td>
              <td>{sensitive.includes(name) && <span class="badge warn">{words.sensitive}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function SchemaAndSample({ contract }: { readonly contract: Contract }) {
  const { type, version, schema } = contract
  const loaded = useLive(schema, () => get<Schema>(schema))
  return (
    <Shown of={loaded}>
      {found => (
        <>
          <section class="card">
            <h2>{words.sample}</h2>
            <p class="hint">{words.sampleHint}</p>
            <CodeBlock text={JSON.stringify(eventOf(type, version, exampleOf(found)), null, 2)} />
          </section>
          <TryIt contract={contract} sample={exampleOf(found)} />
          <section class="card">
            <details>
              <summary>{words.schema}</summary>
              <CodeBlock text={JSON.stringify(found, null, 2)} />
            </details>
          </section>
        </>
      )}
    </Shown>
  )
}
