import type { ComponentChildren } from 'preact'
import { go } from './location.ts'

type LinkProps = {
  readonly href: string
  readonly class?: string
  readonly isCurrent?: boolean
  /** What a click does, where the text does not say it. */
  readonly title?: string
  readonly children: ComponentChildren
}

/** A link to another page of the console: opens in place, or in a tab of its own where that is asked for. */
export function Link({ href, isCurrent = false, title, children, class: name }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(href)
  }
  return (
    <a href={href} class={name} title={title} aria-current={isCurrent ? 'page' : undefined} onClick={follow}>
      {children}
    </a>
  )
}
