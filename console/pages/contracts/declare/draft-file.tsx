import type { Drafts } from '../../../data/api.ts'
import { CodeBlock } from '../../../parts/code-block.tsx'
import { download } from '../../../parts/download.ts'
import { texts } from '../../../texts/texts.ts'

const words = texts.declare

/** A file to copy or to save, and what a start would refuse it for. */
export function DraftFile({ file: { path, text, problem } }: { readonly file: Drafts['metric']['file'] }) {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return (
    <div class="stack draft-file">
      <p>
        <span class="label">{words.file}</span> <code>{path}</code>
      </p>
      {problem !== null && (
        <p class="why" role="status">
          {words.refused} {problem}
        </p>
      )}
      <CodeBlock text={text} />
      <div class="row">
        <button type="button" class="button" onClick={() => download(name, text, 'text/plain')}>
          {words.save(name)}
        </button>
      </div>
    </div>
  )
}
