const GET = 'GET'
const HEAD = 'HEAD'

/**
 * HEAD is answered by whatever answers GET; whoever writes the answer leaves its body out (RFC 9110, 9.3.2).
 * Takes a method, or a route key that begins with one.
 *
 * @example getForHead('HEAD /v1/health') // 'GET /v1/health'
 */
export function getForHead(method: string): string {
  return method === HEAD || method.startsWith(`${HEAD} `) ? GET + method.slice(HEAD.length) : method
}

/** Methods or route keys, and after each one of GET the same of HEAD. */
export function withHead(methods: readonly string[]): readonly string[] {
  return methods.flatMap(method =>
    method === GET || method.startsWith(`${GET} `) ? [method, HEAD + method.slice(GET.length)] : [method],
  )
}
