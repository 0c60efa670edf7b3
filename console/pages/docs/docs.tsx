import { useState } from 'preact/hooks'
import { get } from '../../data/client.ts'
import { useLive } from '../../data/live.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { CallCard } from './call.tsx'
import { callsByTag, type Description, isMeant } from './description.ts'

const words = texts.docs

/** Every call of the API, from its own description: what a person reads of what programs read. */
export function Docs() {
  const described = useLive('description', () => get<Description>('/openapi.json'))
  return (
    <>
      <h1>{words.heading}</h1>
      <Shown of={described}>{description => <Calls description={description} />}</Shown>
    </>
  )
}

function Calls({ description }: { readonly description: Description }) {
  const [wanted, setWanted] = useState('')
  const parts = callsByTag(description)
    .map(one => ({ ...one, calls: one.calls.filter(call => isMeant(call, wanted)) }))
    .filter(({ calls }) => calls.length > 0)
  return (
    <div class="stack">
      <section class="card stack">
        <p>
          {words.intro} <a href={words.file}>{words.file}</a>
        </p>
        <p class="muted">{description.info.description}</p>
        <label class="field">
          <span class="label">{words.find}</span>
          <input
            type="search"
            value={wanted}
            onInput={event => setWanted((event.target as HTMLInputElement).value)}
          />
        </label>
      </section>
      {parts.length === 0 && <p class="state">{words.none}</p>}
      {parts.map(({ description: about, calls }) => (
        <section key={about} class="stack">
          <h2>{about}</h2>
          {calls.map(call => (
            <CallCard key={`${call.method} ${call.path}`} call={call} />
          ))}
        </section>
      ))}
      <section class="stack">
        <h2>{words.schemas}</h2>
        {Object.entries(description.components.schemas).map(([name, schema]) => (
          <details key={name} class="card">
            <summary>
              <code>{name}</code>
            </summary>
            <CodeBlock text={JSON.stringify(schema, null, 2)} />
          </details>
        ))}
      </section>
    </div>
  )
}
