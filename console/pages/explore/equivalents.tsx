import { useState } from 'preact/hooks'
import { Link } from '../../app/link.tsx'
import { boundsOf, pathOf, type Question, queryOf } from '../../data/question.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.explore

/** The same question, for a terminal or a program. None of them has the key in it. */
export function Equivalents({ question }: { readonly question: Question }) {
  const address = `${location.origin}${pathOf(question)}?${queryOf(question, boundsOf(question, Date.now()))}`
  const forms = {
    curl: `curl -s '${address.replaceAll("'", '%27')}' -H "authorization: Bearer $TRIBUTARY_KEY"`,
    SQL: `npx tributary sql ${question.metric.name} --engine postgres`,
    TypeScript: typescript(address),
  } as const
  const [form, setForm] = useState<keyof typeof forms>('curl')
  return (
    <section class="card">
      <div class="between">
        <h2>{words.equivalent}</h2>
        <Tabs
          label={words.equivalent}
          names={Object.keys(forms) as (keyof typeof forms)[]}
          chosen={form}
          choose={setForm}
        />
      </div>
      <CodeBlock text={forms[form]} />
      <p class="hint">{form === 'SQL' ? words.sqlHint : words.keyHint}</p>
      <Link href="/docs">{texts.docs.link}</Link>
    </section>
  )
}

function typescript(address: string): string {
  return [
    `const answer = await fetch(${JSON.stringify(address)}, {`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a program
    '  headers: { authorization: `Bearer ${process.env.TRIBUTARY_KEY}` },',
    '})',
    'const { rows, provenance } = await answer.json()',
  ].join('\n')
}
