import { useState } from 'preact/hooks'
import type { Keys as Known, MadeKey } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { useLive } from '../../data/live.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Shown } from '../../parts/shown.tsx'
import { TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'
import { MakeKey } from './make-key.tsx'
import { RevokeKey } from './revoke-key.tsx'

const words = texts.keys

export type Key = Known['keys'][number]

/** The keys: what each may do, making and revoking them. */
export function Keys() {
  const known = useLive('keys', () => get<Known>('/v1/keys'))
  const [made, setMade] = useState<MadeKey>()
  return (
    <>
      <div>
        <h1>{texts.pages.keys}</h1>
        <p class="hint">{words.lead}</p>
      </div>
      {made?.secret !== undefined && <Secret made={made} done={() => setMade(undefined)} />}
      <Shown of={known}>
        {({ keys }) => (
          <>
            <div class="row">
              <MakeKey
                done={key => {
                  setMade(key)
                  known.again()
                }}
              />
            </div>
            <List keys={keys} changed={known.again} />
          </>
        )}
      </Shown>
    </>
  )
}

/** It is in the memory of the page until it is said to be kept, and nowhere else. */
function Secret({ made, done }: { readonly made: MadeKey; readonly done: () => void }) {
  return (
    <section class="card" role="status" aria-label={words.secretOf(made.name)}>
      <h2>{words.secretOf(made.name)}</h2>
      <CodeBlock text={made.secret ?? ''} />
      <p class="hint">{words.once}</p>
      <button type="button" class="button" onClick={done}>
        {words.done}
      </button>
    </section>
  )
}

function List({ keys, changed }: { readonly keys: readonly Key[]; readonly changed: () => void }) {
  const { name, may, made, used } = words.columns
  return (
    <section class="card">
      <div class="scroll">
        <table>
          <TableHead columns={[name, may, made, used, null]} />
          <tbody>
            {keys.map(key => (
              <tr key={key.name}>
                <th scope="row">{key.name}</th>
                <td class="wraps">{mayOf(key).join(' · ')}</td>
                <td>
                  {key.madeAt === null ? words.set : <Moment at={key.madeAt} />}{' '}
                  {key.madeBy !== null && words.by(key.madeBy)}
                </td>
                <td>{key.usedAt !== null ? <Moment at={key.usedAt} /> : key.isSet ? '' : words.never}</td>
                <td>{!key.isSet && <RevokeKey name={key.name} changed={changed} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

/** `customer_id = 7 or 8, origin = LAX` */
function rowsText(where: NonNullable<Key['where']>): string {
  return Object.entries(where)
    .map(([name, values]) => `${name} = ${[values].flat().map(String).join(words.or)}`)
    .join(', ')
}

function mayOf({ kind, alg, scope, where, requires, expires, rate, events }: Key): readonly string[] {
  return [
    ...(kind === 'signer' ? [words.signs(alg ?? '')] : []),
    scope.join(' '),
    ...(where === undefined ? [] : [words.rows(rowsText(where))]),
    ...(requires === undefined || requires.length === 0 ? [] : [words.requires(requires.join(', '))]),
    ...(expires === undefined ? [] : [words.until(expires)]),
    ...(rate === undefined ? [] : [words.rate(rate)]),
    ...(events === undefined ? [] : [words.events(events)]),
  ]
}
