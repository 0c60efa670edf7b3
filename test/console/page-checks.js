;(() => {
  /**
   * What is wrong with the page for people who hear it, use keys or see little. Not as much as axe-core finds,
   * whose licence is none of ours (decision 0078): names, labels, landmarks, order of headings, references, contrast,
   * and whether it has to be moved sideways.
   */
  const problems = []
  const isShown = element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  const all = selector => [...document.querySelectorAll(selector)].filter(isShown)
  const told = element =>
    `${element.tagName.toLowerCase()} "${(element.textContent ?? '').trim().slice(0, 40)}"`

  if (document.documentElement.lang === '') problems.push('the page has no language')
  if (document.title.trim() === '') problems.push('the page has no title')
  for (const [selector, what] of [
    ['main', 'main landmark'],
    ['h1', 'first heading'],
  ])
    if (all(selector).length !== 1) problems.push(`${all(selector).length} × ${what}`)

  const nameOf = element =>
    [
      element.getAttribute('aria-label'),
      ...(element.getAttribute('aria-labelledby') ?? '')
        .split(' ')
        .map(id => document.getElementById(id)?.textContent),
      ...[...(element.labels ?? [])].map(label => label.textContent),
      ['INPUT', 'SELECT', 'TEXTAREA'].includes(element.tagName) ? '' : element.textContent,
      element.querySelector('img')?.alt,
    ]
      .map(text => (text ?? '').trim())
      .find(text => text !== '')
  for (const element of all('a[href], button, input, select, textarea, summary, dialog, [role="img"]'))
    if (nameOf(element) === undefined) problems.push(`no name: ${element.outerHTML.slice(0, 120)}`)
  for (const image of all('img')) if (!image.hasAttribute('alt')) problems.push('an image without alt')
  for (const drawing of all('svg'))
    if (drawing.getAttribute('aria-hidden') !== 'true' && drawing.getAttribute('role') !== 'img')
      problems.push('a drawing that is neither hidden nor named')
  const navigations = all('nav').map(one => one.getAttribute('aria-label'))
  if (navigations.includes(null) || new Set(navigations).size < navigations.length)
    problems.push('navigations that cannot be told apart')

  let level = 0
  for (const heading of all('h1, h2, h3, h4')) {
    const own = Number(heading.tagName[1])
    if (own > level + 1) problems.push(`${told(heading)} comes after a heading of level ${level}`)
    level = own
  }

  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push(`id ${id} is there twice`)
  for (const attribute of ['aria-describedby', 'aria-labelledby', 'for'])
    for (const element of all(`[${attribute}]`))
      for (const id of element.getAttribute(attribute).split(' '))
        if (!ids.includes(id)) problems.push(`${attribute} names ${id}, which is nowhere`)
  for (const head of all('table'))
    if (head.querySelector('th[scope]') === null) problems.push('a table without heads')

  const numbers = text => (text.match(/[\d.]+/g) ?? []).map(Number)
  const over = ([r, g, b, a = 1], under) => [r, g, b].map((part, i) => part * a + under[i] * (1 - a))
  const groundOf = element => {
    const layers = []
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor)
      if ((colour[3] ?? 1) > 0) layers.push(colour)
      if ((colour[3] ?? 1) === 1) break
    }
    return layers.reduceRight((under, colour) => over(colour, under), [255, 255, 255])
  }
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(part => {
      const share = part / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const seen = new Set()
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement
    if (texts.currentNode.textContent.trim() === '' || seen.has(element) || !isShown(element)) continue
    if (element.closest('[disabled], option, .visually-hidden, .skip, noscript, [aria-hidden="true"]'))
      continue
    seen.add(element)
    const style = getComputedStyle(element)
    const isDrawn = element.namespaceURI.endsWith('svg')
    const ground =
      isDrawn && element.parentElement.querySelector('rect') !== null
        ? over(numbers(getComputedStyle(element.parentElement.querySelector('rect')).fill), groundOf(element))
        : groundOf(element)
    const [a, b] = [light(over(numbers(isDrawn ? style.fill : style.color), ground)), light(ground)]
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    const size = parseFloat(style.fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    if (contrast < (isLarge ? 3 : 4.5)) problems.push(`contrast ${contrast.toFixed(2)}: ${told(element)}`)
  }

  if (document.documentElement.scrollWidth > innerWidth)
    problems.push(`${document.documentElement.scrollWidth} px wide on a screen of ${innerWidth}`)
  return problems
})()
