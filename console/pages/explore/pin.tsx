import { useEffect, useRef, useState } from 'preact/hooks'
import type { Dashboards } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { useLive } from '../../data/live.ts'
import { fileWith } from '../../data/pinned.ts'
import type { Question } from '../../data/question.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { download } from '../../parts/download.ts'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { Choice } from './controls.tsx'

const words = texts.dashboards

/** Gives the file of a dashboard with this chart in it; nothing is written by the page. */
export function Pin({ question }: { readonly question: Question }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        {words.pin}…
      </button>
      {isOpen && <PinDialog question={question} close={() => setOpen(false)} />}
    </>
  )
}

function PinDialog({ question, close }: { readonly question: Question; readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const dashboards = useLive('dashboards', () => get<Dashboards>('/v1/dashboards'))
  const [name, setName] = useState('')
  return (
    <dialog ref={dialog} class="wide-dialog" onClose={close} aria-labelledby="pin-title">
      <div class="stack">
        <h2 id="pin-title">{words.pinTitle}</h2>
        <p>{words.pinBody}</p>
        <Shown of={dashboards}>
          {({ dashboards: all }) => {
            const file = fileWith(
              all.find(one => one.name === name),
              question,
            )
            return (
              <>
                <Choice
                  label={words.dashboard}
                  value={name}
                  options={[...all.map(one => [one.name, one.title] as const), ['', words.fresh] as const]}
                  choose={setName}
                />
                <p>
                  <span class="label">{words.file}</span> <code>pipeline/dashboards/{file.name}</code>
                </p>
                <CodeBlock text={file.text} />
                <div class="row">
                  <button
                    type="button"
                    class="button"
                    onClick={() => download(file.name, file.text, 'application/json')}
                  >
                    {words.save}
                  </button>
                  <button type="button" class="button primary" onClick={close}>
                    {texts.close}
                  </button>
                </div>
              </>
            )
          }}
        </Shown>
      </div>
    </dialog>
  )
}
