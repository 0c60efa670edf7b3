import process from 'node:process'

/**
 * `node send.js <client>`: sends the steps of $STEPS with one client, as its users do, to $URL with $KEY, and
 * prints what a user of it gets to see.
 */
const { URL: url, KEY: key, PAGE_KEY: pageKey, STEPS } = process.env
const [, , client] = process.argv
const steps = JSON.parse(STEPS)
const seen = []

const { send } = await import(`./${client}.js`)
await send({ url, key, pageKey, steps, see: text => seen.push(String(text)) })
process.stdout.write(JSON.stringify({ seen }))
process.exit(0)
