/**
 * What is said of the console's files wherever they are served, by one machine (`local/console/`) or by
 * CloudFront (`resources/console.yml`), so that a browser lets the page do the same on both.
 */

/** Addresses of the console's pages; no call of the API has one of them (`/metrics` is Prometheus's). */
export const PAGES = [
  '/',
  '/explore',
  '/explain',
  '/events',
  '/lake',
  '/keys',
  '/runs',
  '/contracts',
  '/rejected',
  '/alerts',
  '/dashboards',
  '/docs',
] as const

/**
 * What a browser lets the page do: load and call its own origin, and nothing else. No frame may hold it, so
 * that nobody is made to click in it, and no address of it is told to others.
 */
export const SECURITY_HEADERS = {
  'content-security-policy': [
    ...["default-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
    "object-src 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

/** How long caches may keep the page, and its assets: their names tell their content, so none changes. */
export const CACHING = { page: 'no-cache', asset: 'public, max-age=31536000, immutable' } as const

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Content type of a file of the console, by the ending of its name. */
export const typeOfFile = (name: string): string =>
  TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
