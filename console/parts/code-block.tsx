import { useEffect, useState } from 'preact/hooks'
import { texts } from '../texts/texts.ts'

/** How long a button says that it has copied, ms. */
const SAID_MS = 1500

/** Text to copy, such as a command. */
export function CodeBlock({ text }: { readonly text: string }) {
  return (
    <div class="code">
      <pre>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
        <code tabIndex={0}>{text}</code>
      </pre>
      <CopyButton text={text} />
    </div>
  )
}

export function CopyButton({ text, name = texts.copy }: { readonly text: string; readonly name?: string }) {
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = window.setTimeout(() => setCopied(false), SAID_MS)
    return () => window.clearTimeout(timer)
  }, [isCopied])
  const copy = () => {
    // Refused where the page is not in front, or has no such right: then nothing is said to be copied.
    void navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  return (
    <button type="button" class="button small" onClick={copy} aria-live="polite">
      {isCopied ? texts.copied : name}
    </button>
  )
}
