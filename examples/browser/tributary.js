/**
 * Sends events of a page: in batches, again where a request fails, after a time without a network, and when the
 * page is left. What is not acknowledged stays in the page's storage; an event that is sent twice counts once.
 *
 * @example
 * const track = tributary({ url: 'https://events.example', key: '<key of scope browser>', source: '/shop' })
 * track('com.example.order', { order_id: 7 })
 */
export function tributary({ url, key, source, told = console.warn, wait = 500, most = 1000 }) {
  const PREFIX = 'tributary:'
  const BATCH = 50
  const own = PREFIX + crypto.randomUUID()
  let queue = []
  let timer
  let delay = wait
  let isSending = false

  /** A page may be kept from storing: then events live as long as the page. */
  const stored = work => {
    try {
      return work(localStorage)
    } catch {
      return undefined
    }
  }
  const keep = () =>
    stored(storage => (queue.length ? storage.setItem(own, JSON.stringify(queue)) : storage.removeItem(own)))
  const later = ms => {
    clearTimeout(timer)
    timer = setTimeout(send, ms)
  }

  async function send() {
    if (isSending || !queue.length) return
    isSending = true
    const batch = queue.slice(0, BATCH)
    let next = 0
    try {
      const answer = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents-batch+json' },
        body: JSON.stringify(batch),
        signal: AbortSignal.timeout(30_000),
      })
      const { rejected = [], detail } = await answer.json().catch(() => ({}))
      if (answer.status === 202 || answer.status === 422) {
        const done = new Set(batch.map(one => one.id))
        queue = queue.filter(one => !done.has(one.id))
        delay = wait
        for (const one of rejected) told(`event ${one.id} was rejected: ${one.detail}`)
      } else {
        told(`events wait: ${answer.status} ${detail}`)
        next = Number(answer.headers.get('retry-after')) * 1000
      }
    } catch {
      // No network: it goes on when there is one, or after a while.
    }
    isSending = false
    if (queue.includes(batch[0])) delay = Math.min(delay * 2, 60_000)
    keep()
    if (queue.length) later(Math.max(next, delay))
  }

  // What an earlier page left, which another one may be sending too: an id counts once.
  stored(storage => {
    for (const name of Object.keys(storage).filter(one => one.startsWith(PREFIX))) {
      queue.push(...JSON.parse(storage.getItem(name)))
      storage.removeItem(name)
    }
  })
  addEventListener('online', () => later(0))
  addEventListener('pagehide', () => {
    for (let at = 0; at < queue.length; at += BATCH)
      navigator.sendBeacon(`${url}/v1/beacon?key=${key}`, JSON.stringify(queue.slice(at, at + BATCH)))
  })
  keep()
  later(0)
  return (type, data) => {
    const id = crypto.randomUUID()
    queue.push({ specversion: '1.0', id, source, type, time: new Date().toISOString(), data })
    if (queue.length > most) told(`event ${queue.shift().id} was dropped: ${most} wait already`)
    keep()
    if (delay === wait) later(queue.length >= BATCH ? 0 : wait)
    return id
  }
}
