import { signal } from '@preact/signals'
import type { LakeTables } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { useLive } from '../../data/live.ts'
import { fullName, type LakeTable, looking } from '../../data/statements.ts'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { Examples } from './examples.tsx'
import { Outcome } from './outcome.tsx'
import { Statement } from './statement.tsx'
import { TableBrowser } from './table-browser.tsx'
import { useStatement } from './use-statement.ts'

/** What is written: it is kept in memory, while one looks at another page. An address would be in logs. */
const written = signal('')

/** SQL over the lake: its tables, a statement, and what this gives. */
export function Lake() {
  const known = useLive('lake tables', () => get<LakeTables>('/v1/lake/tables'))
  return (
    <>
      <div>
        <h1>{texts.pages.lake}</h1>
        <p class="hint">{texts.lake.lead}</p>
      </div>
      <Shown of={known}>{({ tables }) => <Asking tables={tables} />}</Shown>
    </>
  )
}

function Asking({ tables }: { readonly tables: readonly LakeTable[] }) {
  const statement = useStatement()
  const run = (sql: string) => {
    written.value = sql
    void statement.run(sql)
  }
  return (
    <div class="beside lake">
      <TableBrowser tables={tables} look={table => run(looking(table))} />
      <div class="stack">
        <Statement
          text={written.value}
          words={[...tables.map(fullName), ...new Set(tables.flatMap(namesOf))]}
          state={statement.state}
          write={sql => {
            written.value = sql
          }}
          run={() => run(written.value)}
          cancel={() => void statement.cancel()}
        />
        {statement.state.kind === 'none' ? (
          <Examples tables={tables} run={run} />
        ) : (
          <Outcome state={statement.state} />
        )}
      </div>
    </div>
  )
}

const namesOf = ({ columns }: LakeTable): readonly string[] => columns.map(({ name }) => name)
