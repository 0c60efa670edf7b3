import { useState } from 'preact/hooks'
import { fullName, type LakeTable, tablesWith } from '../../data/statements.ts'
import { Icon } from '../../parts/icon.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.lake
const SCHEMAS = ['curated', 'metric', 'model', 'raw'] as const

type TableBrowserProps = {
  readonly tables: readonly LakeTable[]
  readonly look: (table: LakeTable) => void
}

/** What there is to ask: tables by what they hold, each with its columns. */
export function TableBrowser({ tables, look }: TableBrowserProps) {
  const [wanted, setWanted] = useState('')
  const found = tablesWith(tables, wanted)
  return (
    <section class="card browser">
      <h2>{words.tables}</h2>
      <input
        type="search"
        placeholder={words.find}
        aria-label={words.find}
        value={wanted}
        onInput={event => setWanted(event.currentTarget.value)}
      />
      {found.length === 0 && <p class="muted">{words.noMatch}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <div class="browser-tables" tabIndex={0}>
        {SCHEMAS.map(schema => {
          const own = found.filter(table => table.schema === schema)
          return (
            own.length > 0 && (
              <div key={schema}>
                <h3>{words.schemas[schema]}</h3>
                {own.map(table => (
                  <Table key={fullName(table)} table={table} look={look} />
                ))}
              </div>
            )
          )
        })}
      </div>
    </section>
  )
}

function Table({ table, look }: { readonly table: LakeTable; readonly look: (table: LakeTable) => void }) {
  return (
    <details class="browser-table">
      <summary>{table.name}</summary>
      <button type="button" class="button small" onClick={() => look(table)}>
        {words.look(fullName(table))}
        <Icon name="arrow" />
      </button>
      <dl>
        {table.columns.map(({ name, type, description }) => (
          <div key={name} title={description}>
            <dt>{name}</dt>
            <dd>{type}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
