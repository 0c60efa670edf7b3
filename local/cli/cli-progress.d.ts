/** The part of cli-progress that is used; the package has no types of its own. */
declare module 'cli-progress' {
  type Options = {
    readonly format: string
    readonly stream?: NodeJS.WritableStream
    readonly hideCursor?: boolean
    readonly fps?: number
  }
  export class SingleBar {
    constructor(options: Options)
    start(total: number, value: number, payload: Record<string, unknown>): void
    update(value: number, payload: Record<string, unknown>): void
    stop(): void
  }
}
