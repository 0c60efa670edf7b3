import { runPlatform } from './run-platform.ts'

/** `npm start`. */
await runPlatform(process.env)
