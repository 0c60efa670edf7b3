import { createHmac, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'

/** The back end of an application whose customers each see their own rides. The admin's key stays in here. */
const { TRIBUTARY_URL: platform = 'http://127.0.0.1:8080', PORTAL_PORT = '3000' } = process.env
const admin = process.env['TRIBUTARY_KEY'] ?? readFileSync('.tributary/development-key', 'utf8')
const page = readFileSync(join(import.meta.dirname, 'page.html'), 'utf8').replace('{{platform}}', platform)

/** Who may sign in: password → customer. An application has better ones. */
const customers = new Map([
  ['ada', 7],
  ['grace', 8],
])
const sessions = new Map<string, number>()

/** Once for an application, in truth, its secret kept where it keeps secrets: `npx tributary keys make`. */
const SIGNER = 'customer-portal'
const secret = await makeSigner()
await sendRides()

async function call(method: string, path: string, body?: object, type = 'application/json') {
  return fetch(platform + path, {
    method,
    headers: { authorization: `Bearer ${admin}`, 'content-type': type },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

async function makeSigner(): Promise<string> {
  await call('DELETE', `/v1/keys/${SIGNER}`)
  const wanted = { name: SIGNER, kind: 'signer', scope: 'read:com.portal.ride', requires: ['customer_id'] }
  const answer = await call('POST', '/v1/keys', { ...wanted, longest: 300 })
  if (!answer.ok) throw new Error(await answer.text())
  return ((await answer.json()) as { secret: string }).secret
}

async function sendRides(): Promise<void> {
  const places = { 7: ['Harbour', 'Museum', 'Station'], 8: ['Airport', 'Bakery'] }
  const events = Object.entries(places).flatMap(([customer, list]) =>
    list.map((destination, i) => ({
      ...{ specversion: '1.0', id: `${customer}-${destination}`, source: '/portal', type: 'com.portal.ride' },
      time: new Date().toISOString(),
      data: { customer_id: Number(customer), destination, minutes: 10 * (i + 1) },
    })),
  )
  const answer = await call('POST', '/v1/events', events, 'application/cloudevents-batch+json')
  if (!answer.ok) throw new Error(await answer.text())
}

/** A token for one customer, good for two minutes: their page calls with it, and sees no others. */
function mint(customer: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    ...{ sub: String(customer), aud: 'tributary', exp: Math.floor(Date.now() / 1000) + 120, scope: 'read' },
    'tributary/where': { customer_id: customer },
  }
  const signed = `${part({ alg: 'HS256', typ: 'JWT', kid: SIGNER })}.${part(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

function signIn(response: ServerResponse, name: string): void {
  const customer = customers.get(name)
  if (customer === undefined) return void response.writeHead(303, { location: '/?unknown' }).end()
  const session = randomUUID()
  sessions.set(session, customer)
  response
    .writeHead(303, { location: '/', 'set-cookie': `session=${session}; HttpOnly; SameSite=Strict` })
    .end()
}

const server = createServer(async (request, response) => {
  const session = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
  const customer = sessions.get(session)
  if (request.method === 'POST' && request.url === '/sign-in') {
    let body = ''
    for await (const chunk of request) body += chunk
    return signIn(response, new URLSearchParams(body).get('name') ?? '')
  }
  if (request.url === '/token') {
    if (customer === undefined) return void response.writeHead(401).end()
    return void response.writeHead(200, { 'cache-control': 'no-store' }).end(mint(customer))
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
})
server.listen(Number(PORTAL_PORT), '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  console.log(`the portal is at http://127.0.0.1:${port}: sign in as ada or as grace`)
})
