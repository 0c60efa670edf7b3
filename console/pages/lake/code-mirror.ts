import { autocompletion, type CompletionContext, completionKeymap } from '@codemirror/autocomplete'
import { history, historyKeymap, standardKeymap } from '@codemirror/commands'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorView, keymap } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { texts } from '../../texts/texts.ts'
import { KEYWORDS, sqlLanguage } from './sql-language.ts'

/** What the editor asks the page for, as it is by then. */
export type EditorCalls = {
  readonly current: {
    readonly text: string
    readonly names: readonly string[]
    readonly write: (sql: string) => void
    readonly run: () => void
  }
}

export type MountedEditor = {
  /** Shows another text, if it is another one. */
  show(text: string): void
  destroy(): void
}

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--series-1)' },
  { tag: tags.string, color: 'var(--series-2)' },
  { tag: tags.number, color: 'var(--series-3)' },
  { tag: tags.comment, color: 'var(--muted)' },
])

const LOOK = EditorView.theme({
  '&': { fontSize: '0.8125rem', backgroundColor: 'transparent', color: 'inherit' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-1px', borderRadius: '6px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55', minHeight: '9.5rem', maxHeight: '24rem' },
  '.cm-content': { caretColor: 'var(--text)', padding: '8px 4px' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--text)', borderColor: 'var(--line)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--accent)',
  },
})

/** Puts an editor into an element. Tab leaves it, as it leaves any field. */
export function mountEditor(parent: HTMLElement, calls: EditorCalls): MountedEditor {
  const complete = (context: CompletionContext) => {
    const word = context.matchBefore(/[\w.]+/)
    if (word === null && !context.explicit) return null
    const options = [...calls.current.names, ...KEYWORDS].map(label => ({ label }))
    return { from: word?.from ?? context.pos, options, validFor: /^[\w.]*$/ }
  }
  const run = () => {
    calls.current.run()
    return true
  }
  // In a document the editor would write a style element, which the page's policy refuses; in a tree of its
  // own it adopts a sheet.
  const root = parent.attachShadow({ mode: 'open' })
  const view = new EditorView({
    root,
    parent: root as unknown as Element,
    doc: calls.current.text,
    extensions: [
      keymap.of([{ key: 'Mod-Enter', run }, ...completionKeymap, ...historyKeymap, ...standardKeymap]),
      history(),
      sqlLanguage,
      syntaxHighlighting(COLOURS),
      autocompletion({ override: [complete], icons: false }),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': texts.lake.editor }),
      EditorView.updateListener.of(update => {
        if (update.docChanged) calls.current.write(update.state.doc.toString())
      }),
      EditorView.domEventHandlers({ beforeinput: replaceSelected }),
      LOOK,
    ],
  })
  return {
    show(text) {
      const { length } = view.state.doc
      if (view.state.doc.toString() !== text)
        view.dispatch({ changes: { from: 0, to: length, insert: text } })
    },
    destroy: () => view.destroy(),
  }
}

/**
 * What is typed over a selection. Left to Chromium it would get the style of what was there, by an attribute
 * that the page's policy refuses.
 */
function replaceSelected(event: InputEvent, view: EditorView): boolean {
  const { inputType, data, isComposing } = event
  if (inputType !== 'insertText' || data === null || isComposing || view.state.selection.main.empty)
    return false
  event.preventDefault()
  view.dispatch(view.state.replaceSelection(data), { userEvent: 'input.type' })
  return true
}
