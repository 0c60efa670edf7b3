import { examplesOf, type LakeTable } from '../../data/statements.ts'
import { texts } from '../../texts/texts.ts'

const words = texts.lake

type ExamplesProps = { readonly tables: readonly LakeTable[]; readonly run: (sql: string) => void }

/** Statements for those who have none yet: one click runs one. */
export function Examples({ tables, run }: ExamplesProps) {
  const examples = examplesOf(tables)
  if (examples === undefined) return null
  return (
    <section class="card">
      <h2>{words.begin}</h2>
      <ul class="examples">
        {(['types', 'days', 'twice'] as const).map(name => (
          <li key={name}>
            <button type="button" class="example" onClick={() => run(examples[name])}>
              <span class="strong">{words.examples[name]}</span>
              <code>{examples[name]}</code>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
