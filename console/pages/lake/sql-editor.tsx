import { useEffect, useRef, useState } from 'preact/hooks'
import { texts } from '../../texts/texts.ts'
import type { MountedEditor } from './code-mirror.ts'

type SqlEditorProps = {
  readonly text: string
  readonly names: readonly string[]
  readonly write: (sql: string) => void
  readonly run: () => void
}

/**
 * A field for SQL. The editor is a third of all that the console loads, so only this page does; until it is
 * there, and where it cannot be loaded, a plain field takes the text.
 */
export function SqlEditor(props: SqlEditorProps) {
  const { text, write, run } = props
  const holder = useRef<HTMLDivElement>(null)
  const editor = useRef<MountedEditor>(undefined)
  const [isThere, setThere] = useState(false)
  const latest = useRef(props)
  latest.current = props
  useEffect(() => {
    let isGone = false
    void import('./code-mirror.ts').then(
      ({ mountEditor }) => {
        if (isGone) return
        editor.current = mountEditor(holder.current!, latest)
        setThere(true)
      },
      // The plain field stays.
      () => undefined,
    )
    return () => {
      isGone = true
      editor.current?.destroy()
    }
  }, [])
  useEffect(() => editor.current?.show(text), [text, isThere])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    run()
  }
  return (
    <div class="sql-editor">
      <div ref={holder} />
      {!isThere && (
        <textarea
          aria-label={texts.lake.editor}
          rows={6}
          spellcheck={false}
          value={text}
          onInput={event => write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      )}
    </div>
  )
}
