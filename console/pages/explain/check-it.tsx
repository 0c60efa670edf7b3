import { useState } from 'preact/hooks'
import type { Explanation } from '../../data/api.ts'
import { callOf } from '../../data/explained.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { bytes, count, many } from '../../parts/format.ts'
import { Tabs } from '../../parts/tabs.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.explain.check

const FORMS = ['SQL', 'curl'] as const
const MOST_FILES = 50

type CheckItProps = { readonly explanation: Explanation; readonly query: URLSearchParams }

/** What somebody needs who believes no page: the statement, the call and the files. */
export function CheckIt({ explanation, query }: CheckItProps) {
  const [form, setForm] = useState<(typeof FORMS)[number]>('SQL')
  const { sql, files, totalFiles = files.length } = explanation
  return (
    <section class="card">
      <div class="between">
        <h2>{words.heading}</h2>
        <Tabs label={words.heading} names={FORMS} chosen={form} choose={setForm} />
      </div>
      {form === 'curl' && <Shell query={query} />}
      {form === 'SQL' && (sql === null ? <p class="muted">{words.noSql}</p> : <Statement sql={sql} />)}
      {files.length > 0 && (
        <details>
          <summary>{words.filesRead(many(totalFiles, words.filesOf))}</summary>
          <ul class="files">
            {files.slice(0, MOST_FILES).map(({ path, bytes: size }) => (
              <li key={path} class="long">
                <code>{path}</code> {size !== undefined && <span class="muted">{bytes(size)}</span>}
              </li>
            ))}
            {totalFiles > MOST_FILES && <li class="muted">{words.more(count(totalFiles - MOST_FILES))}</li>}
          </ul>
        </details>
      )}
    </section>
  )
}

function Statement({ sql }: { readonly sql: string }) {
  return (
    <>
      <CodeBlock text={sql} />
      <p class="hint">{words.sqlHint}</p>
    </>
  )
}

function Shell({ query }: { readonly query: URLSearchParams }) {
  const address = `${location.origin}${callOf(query)!}`.replaceAll("'", '%27')
  return (
    <>
      <CodeBlock text={`curl -s '${address}' -H "authorization: Bearer $TRIBUTARY_KEY"`} />
      <p class="hint">{words.curlHint}</p>
    </>
  )
}
